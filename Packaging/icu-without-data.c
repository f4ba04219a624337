/*
 * ICU's common data without any: a header, and a table of contents of no entries.
 *
 * Foundation, which GRDB imports, brings ICU, and with it 34 MB of locale tables that Satchel never reads: its texts stand in tables of
 * its own, its times are milliseconds, its files UTF-8. ICU provides for that case ("stubdata" in its user guide): whoever links data of
 * his own first leaves ICU's out. What would need a table gets ICU's U_FILE_ACCESS_ERROR, and Foundation its fallback.
 *
 * Layout: struct ICU_Data_Header of ICU's common/ucmndata.h, then `count`, an unsigned 32-bit number. The symbol carries ICU's version;
 * link-library.sh passes the one that the toolchain's ICU asks for.
 */
#include <stdint.h>

struct common_data {
  uint16_t header_size;
  uint8_t magic[2];
  uint16_t info_size;
  uint16_t reserved_word;
  uint8_t is_big_endian;
  uint8_t charset_family;
  uint8_t char_size;
  uint8_t reserved_byte;
  uint8_t data_format[4];
  uint8_t format_version[4];
  uint8_t data_version[4];
  uint8_t padding[8];
  uint32_t entry_count;
  uint32_t reserved;
};

__attribute__((aligned(16))) const struct common_data ICU_DATA = {
    .header_size = 32,
    .magic = {0xda, 0x27},
    .info_size = 20,
    .is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
    .char_size = 2,
    .data_format = {'T', 'o', 'C', 'P'},
    .format_version = {1, 0, 0, 0},
};
