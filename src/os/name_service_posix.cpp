#include "os/name_service.hpp"

#if defined(POSTERN_STATIC_LIBC)
#include <nss.h>
#endif

namespace postern::os {

void use_own_name_service() noexcept {
#if defined(POSTERN_STATIC_LIBC)
  // Both are part of glibc since 2.34, in the archive as well.
  __nss_configure_lookup("hosts", "files dns");
  __nss_configure_lookup("passwd", "files");
#endif
}

}  // namespace postern::os
