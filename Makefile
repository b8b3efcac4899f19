# nginx-livekit
#
#   make            build/ngx_http_livekit_module.so, build/liblkgrant.so
#                   and build/lkgrant
#   make demo       everything from a bare machine: a page to join a room
#   make classroom  the same with Next.js: lessons, chat, recordings
#   make test       everything from a bare machine: all tests
#   make help       the other targets
#
#   NGINX_SRC=DIR   an nginx source tree (default: that of Debian's nginx-dev)
#   NGINX_CONF=...  more options for nginx's ./configure
#   LKGRANT=        system or bundled: which liblkgrant the module uses
#   PREFIX= DESTDIR= MODULESDIR=    where make install puts things

CC       ?= cc
CFLAGS   ?= -O2 -g
PREFIX   ?= /usr/local
BUILD    ?= build

VERSION  := $(shell sed -n 's/^\#define LKG_VERSION  *"\(.*\)"/\1/p' lib/lkgrant.h)
SONAME   := liblkgrant.so.0
LIBDIR   ?= $(PREFIX)/lib
MANDIR   ?= $(PREFIX)/share/man

NGINX_SRC  ?= $(if $(wildcard /usr/share/nginx/src/configure),/usr/share/nginx/src)
NGINX      ?= $(shell command -v nginx 2>/dev/null || echo /usr/sbin/nginx)
MODULESDIR ?= /usr/lib/nginx/modules

WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wformat=2 -Wno-unused-parameter -Werror
LIBFLAGS := -std=gnu99 -fPIC $(WARN) -Ilib
LIBS     := -ljansson -lcrypto

LIB_SRC  := $(sort $(wildcard lib/lkg_*.c))
LIB_HDR  := $(sort $(wildcard lib/*.h))
CLI_SRC  := $(sort $(wildcard lib/cli/*.c))
UNIT_SRC := $(sort $(wildcard t/unit/*_test.c))
SRC      := $(sort $(wildcard src/*.[ch] src/redis/*.[ch]))

LIB_OBJ  := $(LIB_SRC:lib/%.c=$(BUILD)/lib/%.o)
HID_OBJ  := $(LIB_SRC:lib/%.c=$(BUILD)/static/%.o)
CLI_OBJ  := $(CLI_SRC:lib/cli/%.c=$(BUILD)/cli/%.o)
UNIT     := $(UNIT_SRC:t/unit/%.c=$(BUILD)/unit/%)

MODULE   := $(BUILD)/ngx_http_livekit_module.so


all: deps module lib tool

lib: $(BUILD)/liblkgrant.so $(BUILD)/lkgrant.pc
tool: $(BUILD)/lkgrant
module: $(MODULE)

-include t/test.mk


# One sentence and the package's name where something is missing.

need = @printf '%s\n' '$(2)' 'int main(void) { return 0; }' \
        | $(CC) -x c - -o /dev/null $(3) >/dev/null 2>&1 \
        || { echo "nginx-livekit needs $(1)" >&2; exit 1; }

deps:
	@command -v $(firstword $(CC)) >/dev/null \
	    || { echo "nginx-livekit needs a C compiler (Debian: gcc)" >&2; exit 1; }
	$(call need,the C library's headers (Debian: libc6-dev),#include <stdio.h>,)
	$(call need,OpenSSL 3.0 or newer (Debian: libssl-dev),#include <openssl/core.h>,-lcrypto)
	$(call need,jansson (Debian: libjansson-dev),#include <jansson.h>,-ljansson)
	$(call need,hiredis (Debian: libhiredis-dev),#include <hiredis/hiredis.h>,-lhiredis)

deps-nginx:
	@test -n "$(NGINX_SRC)" || { echo "nginx-livekit needs nginx's source" \
	    "(Debian: nginx-dev, or NGINX_SRC=dir)" >&2; exit 1; }
	@test -f "$(NGINX_SRC)/configure" -o -f "$(NGINX_SRC)/auto/configure" \
	    || { echo "NGINX_SRC=$(NGINX_SRC) holds no nginx source" >&2; exit 1; }


# liblkgrant

$(BUILD)/lib/%.o: lib/%.c $(LIB_HDR) | deps
	@mkdir -p $(@D)
	$(CC) $(LIBFLAGS) $(CFLAGS) $(CPPFLAGS) -DLKG_SHARED -fvisibility=hidden -c -o $@ $<

$(BUILD)/liblkgrant.so: $(LIB_OBJ) lib/lkgrant.map
	$(CC) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=lib/lkgrant.map \
	    -Wl,-z,defs -Wl,-z,relro -Wl,-z,now $(CFLAGS) $(LDFLAGS) \
	    -o $@ $(LIB_OBJ) $(LIBS)
	ln -sf liblkgrant.so $(BUILD)/$(SONAME)

$(BUILD)/lkgrant.pc: lib/lkgrant.pc.in lib/lkgrant.h
	@mkdir -p $(@D)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
	    -e 's|@VERSION@|$(VERSION)|' lib/lkgrant.pc.in > $@


# lkgrant, which uses only what lkgrant.h offers

$(BUILD)/cli/%.o: lib/cli/%.c lib/lkgrant.h $(wildcard lib/cli/*.h) | deps
	@mkdir -p $(@D)
	$(CC) $(LIBFLAGS) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<

$(BUILD)/lkgrant: $(CLI_OBJ) $(BUILD)/liblkgrant.so
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(CLI_OBJ) -L$(BUILD) -llkgrant \
	    '-Wl,-rpath,$$ORIGIN' -Wl,-rpath,$(LIBDIR) -lhiredis -lssl $(LIBS)


# The module.  nginx's configure writes below its own source, so a copy of
# the part that it needs is made where the source cannot be written to.

NGX_BUILD := $(abspath $(BUILD))/nginx
NGX_STAMP := $(NGINX_SRC) $(NGINX_CONF) $(LKGRANT) $(CC) $(NGX_CFLAGS) \
             $(SRC) $(LIB_SRC)

$(NGX_BUILD)/stamp: FORCE
	@mkdir -p $(@D)
	@echo '$(NGX_STAMP)' | cmp -s - $@ || echo '$(NGX_STAMP)' > $@

$(NGX_BUILD)/objs/Makefile: config $(NGX_BUILD)/stamp | deps deps-nginx
	@mkdir -p $(NGX_BUILD)/objs
	cd "$(NGINX_SRC)" && LKGRANT=$(LKGRANT) PKG_CONFIG_PATH="$(PKG_CONFIG_PATH)" \
	    bash -c 'NGX_CONF_FLAGS=(--with-compat --with-http_ssl_module $(NGINX_CONF)); \
	    test ! -f conf_flags || . ./conf_flags; \
	    c=./configure; test -f $$c || c=auto/configure; \
	    $$c --with-cc="$(CC)" --with-cc-opt="-g -O2 -fPIC $(NGX_CFLAGS)" \
	        --with-ld-opt="-fPIC -Wl,-z,relro -Wl,-z,now $(NGX_CFLAGS)" \
	        "$${NGX_CONF_FLAGS[@]}" --builddir=$(NGX_BUILD)/objs \
	        --add-dynamic-module=$(CURDIR)' > $(NGX_BUILD)/configure.log 2>&1 \
	    || { grep 'nginx-livekit needs' $(NGX_BUILD)/configure.log >&2 \
	         || tail -20 $(NGX_BUILD)/configure.log >&2; rm -f $@; exit 1; }

$(MODULE): $(NGX_BUILD)/objs/Makefile $(SRC) $(LIB_SRC) $(LIB_HDR)
	$(MAKE) -f $(NGX_BUILD)/objs/Makefile -C "$(NGINX_SRC)" modules
	cp $(NGX_BUILD)/objs/ngx_http_livekit_module.so $@


# A whole nginx with the module in it: make static NGINX_SRC=dir

static: deps
	@test -f "$(NGINX_SRC)/src/core/nginx.c" \
	    || { echo "make static needs NGINX_SRC= with nginx's whole source" >&2; exit 1; }
	@mkdir -p $(abspath $(BUILD))/static-nginx
	cd "$(NGINX_SRC)" && c=./configure; test -f $$c || c=auto/configure; \
	    LKGRANT=$(LKGRANT) $$c --with-cc="$(CC)" --prefix=$(abspath $(BUILD))/static-nginx \
	        --builddir=$(abspath $(BUILD))/static-nginx/objs \
	        --with-cc-opt="-g -O2 $(NGX_CFLAGS)" --with-ld-opt="$(NGX_CFLAGS)" \
	        --with-debug --with-http_ssl_module --with-http_v2_module \
	        --with-http_realip_module --with-http_auth_request_module \
	        --with-http_stub_status_module $(NGINX_CONF) --add-module=$(CURDIR)
	$(MAKE) -C "$(NGINX_SRC)" -f $(abspath $(BUILD))/static-nginx/objs/Makefile
	cp $(BUILD)/static-nginx/objs/nginx $(BUILD)/nginx-static


install: all
	install -d $(DESTDIR)$(MODULESDIR) $(DESTDIR)$(LIBDIR)/pkgconfig \
	    $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/bin \
	    $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man3
	install -m 644 $(MODULE) $(DESTDIR)$(MODULESDIR)/
	install -m 644 $(BUILD)/liblkgrant.so $(DESTDIR)$(LIBDIR)/liblkgrant.so.$(VERSION)
	ln -sf liblkgrant.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/liblkgrant.so
	install -m 644 lib/lkgrant.h $(DESTDIR)$(PREFIX)/include/
	install -m 644 $(BUILD)/lkgrant.pc $(DESTDIR)$(LIBDIR)/pkgconfig/
	install -m 755 $(BUILD)/lkgrant $(DESTDIR)$(PREFIX)/bin/
	install -m 644 lib/lkgrant.1 $(DESTDIR)$(MANDIR)/man1/
	install -m 644 lib/lkgrant.3 $(DESTDIR)$(MANDIR)/man3/

clean:
	rm -rf $(BUILD)

help:
	@sed -n 's/^#   \{0,1\}/  /p;/^$$/q' Makefile
	@sed -n 's/^#: /  /p' t/test.mk

FORCE:

.SECONDARY:
.PHONY: all lib tool module deps deps-nginx static install clean help demo test FORCE
