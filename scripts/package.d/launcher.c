/* The program of the tarball: starts libexec/postern, with the loader and the libraries that lie beside it where it has
 * not all of them inside.
 *
 * Linked statically, so that it needs nothing of the host: no shell, no C library. Finds its folder through
 * /proc/self/exe, or, where /proc is not mounted, through the path that the kernel was given. A symbolic link to it
 * keeps its own name in argv[0]: under the name session-manager-plugin the program is that plugin.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static const char program_name[] = "postern";

static int fail(const char* what) {
  fprintf(stderr, "%s: %s: %s\n", program_name, what, strerror(errno));
  return 255;
}

/* The folder of the launcher itself, symbolic links resolved; 0 on failure. */
static int own_folder(char* out, size_t size) {
  ssize_t n = readlink("/proc/self/exe", out, size - 1);
  if (n <= 0) {
    const char* given = (const char*)getauxval(AT_EXECFN);
    if (given == NULL || realpath(given, out) == NULL) return 0;
  } else {
    out[n] = '\0';
  }
  char* slash = strrchr(out, '/');
  if (slash == NULL) return 0;
  *slash = '\0';
  return 1;
}

/* The bundled OpenSSL was built for Debian's paths; certificates of other systems lie elsewhere. */
static void find_certificates(void) {
  static const char* const bundles[] = {
      "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Ubuntu, Arch, Alpine */
      "/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora, RHEL, Amazon Linux */
      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* RHEL 7 and later */
      "/etc/ssl/ca-bundle.pem",                            /* SUSE */
      "/var/lib/ca-certificates/ca-bundle.pem",            /* SUSE */
      "/etc/ssl/cert.pem",                                 /* Alpine, BSD habits */
  };
  if (getenv("SSL_CERT_FILE") != NULL || getenv("SSL_CERT_DIR") != NULL) return;
  for (size_t i = 0; i < sizeof bundles / sizeof bundles[0]; ++i) {
    if (access(bundles[i], R_OK) == 0) {
      setenv("SSL_CERT_FILE", bundles[i], 0);
      return;
    }
  }
}

int main(int argc, char** argv) {
  static char folder[PATH_MAX], loader[PATH_MAX + 64], libraries[PATH_MAX + 64], program[PATH_MAX + 64];
  if (!own_folder(folder, sizeof folder)) return fail("cannot find the folder it is installed in");
  snprintf(loader, sizeof loader, "%s/lib/ld-linux-x86-64.so.2", folder);
  snprintf(libraries, sizeof libraries, "%s/lib", folder);
  snprintf(program, sizeof program, "%s/libexec/postern", folder);
  const int behind_loader = access(loader, F_OK) == 0;
  if (behind_loader && (strchr(folder, ':') != NULL || strchr(folder, ';') != NULL)) {
    /* The loader splits its library path at these. */
    errno = EINVAL;
    return fail("cannot run from a folder whose path contains ':' or ';'");
  }

  /* Libraries that the host preloads were built for the host's C library. */
  unsetenv("LD_PRELOAD");
  unsetenv("LD_AUDIT");
  find_certificates();
  /* The program cannot see its own path behind the loader; and who it starts needs the certificates as well. */
  char* self = NULL;
  if (asprintf(&self, "%s/%s", folder, program_name) > 0) setenv("POSTERN_EXECUTABLE", self, 1);

  const char* name = argc > 0 ? argv[0] : program_name;
  char** args = calloc((size_t)argc + 8, sizeof *args);
  if (args == NULL) return fail("out of memory");
  size_t n = 0;
  if (behind_loader) {
    args[n++] = loader;
    args[n++] = "--inhibit-cache";
    args[n++] = "--library-path";
    args[n++] = libraries;
    args[n++] = "--argv0";
    args[n++] = (char*)name;
    args[n++] = program;
  } else {
    args[n++] = (char*)name;
  }
  for (int i = 1; i < argc; ++i) args[n++] = argv[i];
  args[n] = NULL;
  execv(behind_loader ? loader : program, args);
  return fail(behind_loader ? loader : program);
}
