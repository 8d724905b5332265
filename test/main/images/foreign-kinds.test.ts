import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ImageUnreadable } from '../../../main/images/image-failures.ts';
import { FORMAT_TITLES, IMAGE_FORMATS } from '../../../main/images/image-formats.ts';
import { pixelsOf } from './quadrants.ts';

const latin1 = (text: string, bytes = 2000): Buffer =>
  Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(bytes, 1)]);
const placed = (text: string, offset: number): Buffer => {
  const file = Buffer.alloc(600, 1);
  file.write(text, offset, 'latin1');
  return file;
};
const brands = (...names: string[]): Buffer => {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(12 + 4 * names.length);
  const [major = '', ...others] = names;
  return Buffer.concat([size, Buffer.from(`ftyp${major}\0\0\0\0${others.join('')}`, 'latin1'), Buffer.alloc(100)]);
};
const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

describe('a file of a kind that is not read', () => {
  it.each<[string, Buffer, string]>([
    ['HEIC', brands('heic', 'mif1', 'heic'), 'HEIC (HEVC compression) is not supported: convert it to JPEG or PNG'],
    ['HEIC named by its second brand', brands('mif1', 'mif1', 'heix'), 'HEIC (HEVC compression) is not supported'],
    ['other HEIF', brands('mif1', 'miaf'), 'HEIF of this compression is not supported'],
    ['MP4', brands('isom', 'mp42', 'avc1'), 'a video (MP4 or QuickTime), not a picture'],
    ['QuickTime', brands('qt  '), 'a video (MP4 or QuickTime), not a picture'],
    ['Canon CR3', brands('crx ', 'isom'), 'camera RAW (Canon CR3) is not supported: develop it to JPEG or TIFF'],
    ['Canon CR2', latin1('II*\0\x10\0\0\0CR\x02\0'), 'camera RAW (Canon CR2) is not supported'],
    ['Phase One', latin1('MM\0*\0\0\0\x10MMMM'), 'camera RAW (Phase One IIQ) is not supported'],
    ['Fujifilm', latin1('FUJIFILMCCD-RAW 0201'), 'camera RAW (Fujifilm RAF) is not supported'],
    ['Olympus', latin1('IIRO\x08\0\0\0'), 'camera RAW (Olympus ORF) is not supported'],
    ['Panasonic', latin1('IIU\0\x18\0\0\0'), 'camera RAW (Panasonic RW2) is not supported'],
    ['JPEG XL, codestream', latin1('\xff\x0a'), 'JPEG XL is not supported: convert it to JPEG, PNG or TIFF'],
    ['JPEG XL, container', latin1('\0\0\0\x0cJXL \r\n\x87\n'), 'JPEG XL is not supported'],
    ['JPEG 2000', latin1('\0\0\0\x0cjP  \r\n\x87\n'), 'JPEG 2000 is not supported'],
    ['JPEG 2000, codestream', latin1('\xff\x4f\xff\x51'), 'JPEG 2000 is not supported'],
    ['Photoshop', latin1('8BPS\0\x01'), 'a Photoshop document is not supported'],
    ['EXR', latin1('\x76\x2f\x31\x01'), 'OpenEXR is not supported'],
    ['Radiance', latin1('#?RADIANCE\n'), 'Radiance HDR is not supported'],
    ['FITS', latin1('SIMPLE  =                    T'), 'FITS is not supported'],
    ['DICOM', placed('DICM', 128), 'DICOM is not supported'],
    ['NIfTI', placed('n+1\0', 344), 'NIfTI is not supported'],
    ['a portable map', latin1('P6\n64 64\n255\n'), 'a portable map (PNM) is not supported'],
    ['an icon', latin1('\0\0\x01\0\x01\0'), 'an icon file is not supported'],
    ['PDF', latin1('%PDF-1.7\n'), 'a PDF document, not a picture'],
    ['EPS', latin1('%!PS-Adobe-3.0 EPSF-3.0\n'), 'a PostScript or EPS document, not a picture'],
    ['AVI', latin1('RIFF\x10\0\0\0AVI LIST'), 'a video (AVI), not a picture'],
    ['a sound', latin1('RIFF\x10\0\0\0WAVEfmt '), 'a sound file, not a picture'],
    ['Matroska', latin1('\x1a\x45\xdf\xa3'), 'a video (Matroska or WebM), not a picture'],
    ['an archive', latin1('PK\x03\x04'), 'a ZIP archive or an office document, not a picture'],
    [
      'SVG',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'),
      'SVG is not supported: it is a drawing',
    ],
    [
      'SVG behind a prologue',
      Buffer.from('\ufeff<?xml version="1.0"?>\n<!-- a -- b -->\n<!DOCTYPE svg PUBLIC "x" "y">\n<svg/>'),
      'SVG is not supported',
    ],
    [
      'SVG with a prefix',
      Buffer.from('<?xml version="1.0"?><s:svg xmlns:s="http://www.w3.org/2000/svg"></s:svg>'),
      'SVG is not supported',
    ],
    ['SVG in UTF-16', utf16('<?xml version="1.0" encoding="UTF-16"?><svg></svg>'), 'SVG is not supported'],
    [
      'SVG that is compressed',
      gzipSync('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'a compressed file (gzip), not a picture',
    ],
    [
      'a web page',
      Buffer.from('\n<!DOCTYPE html><html><body>404</body></html>'),
      'a web page (HTML), such as a download that failed, not a picture',
    ],
    [
      'XML',
      Buffer.from('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
      'an XML document, not a picture',
    ],
    [
      'Git LFS',
      Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:1\n'),
      'what Git LFS keeps in place of a file',
    ],
    ['text', Buffer.from('Übung, 図, and so on\n'), 'a text file, not a picture'],
    ['zeros', Buffer.alloc(5000), 'the file holds nothing but zeros: it was not written or copied to its end'],
    [
      'anything else',
      Buffer.from(Array.from({ length: 500 }, (_, index) => (index * 89 + 3) % 256)),
      `not an image of a known format (${FORMAT_TITLES} are)`,
    ],
    ['nothing', Buffer.alloc(0), 'the file is empty'],
  ])('is named: %s', async (_kind, file, reason) => {
    const error: unknown = await pixelsOf(file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ImageUnreadable);
    expect((error as Error).message).toContain(reason);
  });

  it('is told by its content, whatever the beginning of it is', async () => {
    for (let length = 1; length < 64; length++) {
      for (const byte of [0x00, 0x20, 0x49, 0x4d, 0x7f, 0xff]) {
        await expect(pixelsOf(Buffer.alloc(length, byte))).rejects.toThrow(ImageUnreadable);
      }
    }
  });
});

it('the documentation names the formats that are read', () => {
  const files = readFileSync(new URL('../../../docs/files.md', import.meta.url), 'utf8');
  expect(files).toContain(`Images: ${FORMAT_TITLES}`);
  for (const { title } of IMAGE_FORMATS) {
    const table = readFileSync(new URL('../../../docs/image-formats.md', import.meta.url), 'utf8');
    expect(table).toContain(`| ${title} `);
  }
});
