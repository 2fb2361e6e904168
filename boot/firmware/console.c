/* SPDX-License-Identifier: Apache-2.0 */
/* What the firmware gives the loader's text (boot/machine/text.c): framebuffer, glyphs, and where
 * nothing else works its own console. UEFI Specification, "Graphics Output Protocol", "HII Font
 * Protocol". */
#include "boot/machine/text.h"
#include "firmware.h"
#include "font.h"
#include <string.h>

enum { FIRST_GLYPH = ' ', LAST_GLYPH = '~', MAX_GLYPH_HEIGHT = 32, GLYPH_WIDTH = 8 };

struct glyph_image {
    UINT16 width, height;
    EFI_GRAPHICS_OUTPUT_BLT_PIXEL *pixels;
};

struct hii_font {
    void *string_to_image, *string_id_to_image;
    EFI_STATUS(EFIAPI *get_glyph)
    (struct hii_font *, CHAR16, void *info, struct glyph_image **, UINTN *baseline);
    void *get_font_info;
};

static uint8_t glyph_rows[(LAST_GLYPH - FIRST_GLYPH + 1) * MAX_GLYPH_HEIGHT];

/* Copies one glyph into rows of eight pixels; false when the firmware has none of that shape. */
static bool take_glyph(struct hii_font *font, CHAR16 character, uint32_t height)
{
    struct glyph_image *image = NULL;
    if (font->get_glyph(font, character, NULL, &image, NULL) != EFI_SUCCESS || !image ||
        !image->pixels || image->width < GLYPH_WIDTH || image->height < height)
        return false;
    uint8_t *rows = glyph_rows + (uint32_t)(character - FIRST_GLYPH) * height;
    const EFI_GRAPHICS_OUTPUT_BLT_PIXEL *background = &image->pixels[0];
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < GLYPH_WIDTH; x++) {
            const EFI_GRAPHICS_OUTPUT_BLT_PIXEL *pixel = &image->pixels[y * image->width + x];
            if (memcmp(pixel, background, 3) != 0)
                rows[y] |= (uint8_t)(0x80 >> x);
        }
    return true;
}

static bool take_glyphs(struct handoff_screen *out)
{
    EFI_GUID guid = {0xe9ca4775, 0x8657, 0x47fc, {0x97, 0xe7, 0x7e, 0xd6, 0x5a, 0x08, 0x43, 0x24}};
    struct hii_font *font = NULL;
    struct glyph_image *probe = NULL;
    if (firmware->BootServices->LocateProtocol(&guid, NULL, (void **)&font) != EFI_SUCCESS ||
        font->get_glyph(font, 'M', NULL, &probe, NULL) != EFI_SUCCESS || !probe)
        return false;
    uint32_t height = probe->height;
    if (height == 0 || height > MAX_GLYPH_HEIGHT)
        return false;
    for (unsigned character = FIRST_GLYPH + 1; character <= LAST_GLYPH; character++)
        if (!take_glyph(font, (CHAR16)character, height))
            return false;
    out->glyph_width = GLYPH_WIDTH;
    out->glyph_height = height;
    return true;
}

/* Whether a pixel has 32 bits: of a format by masks, the highest that one of them has says so. */
static bool has_wide_pixels(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info)
{
    const EFI_PIXEL_BITMASK *mask = &info->PixelInformation;
    if (info->PixelFormat == PixelBitMask)
        return (mask->RedMask | mask->GreenMask | mask->BlueMask | mask->ReservedMask) >> 24 != 0;
    return info->PixelFormat == PixelRedGreenBlueReserved8BitPerColor ||
           info->PixelFormat == PixelBlueGreenRedReserved8BitPerColor;
}

static bool take_framebuffer(const EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, struct handoff_screen *out)
{
    const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = gop->Mode ? gop->Mode->Info : NULL;
    if (!info || !has_wide_pixels(info) || !gop->Mode->FrameBufferBase ||
        !gop->Mode->FrameBufferSize)
        return false;
    *out = (struct handoff_screen){.base = gop->Mode->FrameBufferBase,
                                   .bytes = gop->Mode->FrameBufferSize,
                                   .width = info->HorizontalResolution,
                                   .height = info->VerticalResolution,
                                   .pixels_per_line = info->PixelsPerScanLine};
    return true;
}

/* Of several displays the first that has a framebuffer: firmware has some that only it can draw on.
 */
static void find_framebuffer(struct handoff_screen *out)
{
    EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    EFI_HANDLE *handles = NULL;
    UINTN count = 0;
    if (firmware->BootServices->LocateHandleBuffer(ByProtocol, &guid, NULL, &count, &handles) !=
        EFI_SUCCESS)
        return;
    for (UINTN i = 0; i < count; i++) {
        EFI_GRAPHICS_OUTPUT_PROTOCOL *gop = NULL;
        if (firmware->BootServices->HandleProtocol(handles[i], &guid, (void **)&gop) ==
                EFI_SUCCESS &&
            gop && take_framebuffer(gop, out))
            break;
    }
    firmware->BootServices->FreePool(handles);
}

/* Firmware that has no font, or one of another shape, leaves the loader its own. */
static void find_glyphs(struct handoff_screen *out)
{
    if (take_glyphs(out))
        return;
    font_draw(glyph_rows);
    out->glyph_width = GLYPH_WIDTH;
    out->glyph_height = FONT_HEIGHT;
}

void console_open(struct handoff_screen *out, const uint8_t **glyphs)
{
    find_framebuffer(out);
    if (out->base)
        find_glyphs(out);
    *glyphs = out->base ? glyph_rows : NULL;
    text_by_firmware(print_by_firmware, refusal_keep);
    text_open(out, *glyphs);
}
