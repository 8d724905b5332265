/**
 * Identifies unsupported files by their content, never by their extension, each with a reason for the user. Signatures
 * follow the formats' own specifications and the `file` command's list.
 */
import { FORMAT_TITLES } from './image-formats.ts';

const convert = (what: string): string => `${what} is not supported: convert it to JPEG, PNG or TIFF`;
const develop = (what: string): string => `camera RAW (${what}) is not supported: develop it to JPEG or TIFF`;
const noPicture = (what: string): string => `${what}, not a picture`;

/** For a camera's TIFF that contains the sensor's values beside a small preview. */
export const CAMERA_RAW = 'camera RAW is not supported: develop it to JPEG or TIFF';
const UNKNOWN_KIND = `not an image of a known format (${FORMAT_TITLES} are)`;

interface Signature {
  readonly at: number;
  /** Latin-1: one character per byte. */
  readonly bytes: string;
  readonly reason: string;
}

const signature = (reason: string, bytes: string, at = 0): Signature => ({ at, bytes, reason });

const SIGNATURES: readonly Signature[] = [
  signature(convert('JPEG XL'), '\xff\x0a'),
  signature(convert('JPEG XL'), '\0\0\0\x0cJXL \r\n\x87\n'),
  signature(convert('JPEG 2000'), '\0\0\0\x0cjP  \r\n\x87\n'),
  signature(convert('JPEG 2000'), '\xff\x4f\xff\x51'),
  signature(convert('JPEG XR'), 'II\xbc'),
  signature(convert('a Photoshop document'), '8BPS'),
  signature(convert('a GIMP document'), 'gimp xcf'),
  signature(convert('OpenEXR'), '\x76\x2f\x31\x01'),
  signature(convert('Radiance HDR'), '#?RADIANCE'),
  signature(convert('Radiance HDR'), '#?RGBE'),
  signature(convert('FITS'), 'SIMPLE  ='),
  signature(convert('DICOM'), 'DICM', 128),
  signature(convert('NIfTI'), 'n+1\0', 344),
  signature(convert('NIfTI'), 'ni1\0', 344),
  signature(convert('HDF5'), '\x89HDF\r\n\x1a\n'),
  signature(convert('a NumPy array'), '\x93NUMPY'),
  signature(convert('QOI'), 'qoif'),
  signature(convert('BPG'), 'BPG\xfb'),
  signature(convert('FLIF'), 'FLIF'),
  signature(convert('DDS'), 'DDS '),
  signature(convert('DjVu'), 'AT&TFORM'),
  signature(convert('a libvips image'), '\x08\xf2\xa6\xb6'),
  signature(convert('a libvips image'), '\xb6\xa6\xf2\x08'),
  signature(convert('an icon file'), '\0\0\x01\0'),
  signature(convert('a cursor file'), '\0\0\x02\0'),
  signature(convert('a Windows metafile'), '\xd7\xcd\xc6\x9a'),
  signature(convert('a Windows metafile'), ' EMF', 40),
  ...['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'PF', 'Pf'].flatMap((magic) =>
    ['\n', ' ', '\r', '\t'].map((space) => signature(convert('a portable map (PNM)'), `${magic}${space}`)),
  ),
  signature(develop('Canon CRW'), 'II\x1a\0\0\0HEAPCCDR'),
  signature(develop('Fujifilm RAF'), 'FUJIFILMCCD-RAW'),
  signature(develop('Olympus ORF'), 'IIRO'),
  signature(develop('Olympus ORF'), 'IIRS'),
  signature(develop('Olympus ORF'), 'MMOR'),
  signature(develop('Panasonic RW2'), 'IIU\0'),
  signature(develop('Sigma X3F'), 'FOVb'),
  signature(develop('Minolta MRW'), '\0MRM'),
  signature(noPicture('a PDF document'), '%PDF'),
  signature(noPicture('a PostScript or EPS document'), '%!'),
  signature(noPicture('a PostScript or EPS document'), '\xc5\xd0\xd3\xc6'),
  signature(noPicture('a video (Matroska or WebM)'), '\x1a\x45\xdf\xa3'),
  signature(noPicture('a video (MPEG)'), '\0\0\x01\xba'),
  signature(noPicture('a video (MPEG)'), '\0\0\x01\xb3'),
  signature(noPicture('a video (Flash)'), 'FLV\x01'),
  signature(noPicture('a video (Windows Media)'), '\x30\x26\xb2\x75\x8e\x66\xcf\x11'),
  signature(noPicture('a video (AVI)'), 'AVI ', 8),
  signature(noPicture('a sound file'), 'WAVE', 8),
  signature(noPicture('a sound file'), 'ID3'),
  signature(noPicture('a sound file'), 'fLaC'),
  signature(noPicture('a sound or video file (Ogg)'), 'OggS'),
  signature(noPicture('a ZIP archive or an office document'), 'PK\x03\x04'),
  signature(noPicture('an empty ZIP archive'), 'PK\x05\x06'),
  signature(noPicture('a compressed file (gzip)'), '\x1f\x8b'),
  signature(noPicture('a compressed file (bzip2)'), 'BZh'),
  signature(noPicture('a compressed file (xz)'), '\xfd7zXZ\0'),
  signature(noPicture('a compressed file (Zstandard)'), '\x28\xb5\x2f\xfd'),
  signature(noPicture('a 7z archive'), '7z\xbc\xaf\x27\x1c'),
  signature(noPicture('a RAR archive'), 'Rar!\x1a\x07'),
  signature(noPicture('a tar archive'), 'ustar', 257),
  signature(noPicture('an office document'), '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
  signature(noPicture('a database (SQLite)'), 'SQLite format 3\0'),
  signature(noPicture("macOS's notes about a file (AppleDouble)"), '\0\x05\x16\x07'),
  signature(noPicture('a program'), '\x7fELF'),
  signature(noPicture('a program'), 'MZ'),
  signature(
    noPicture('what Git LFS keeps in place of a file; fetch it with "git lfs pull"'),
    'version https://git-lfs',
  ),
];

/** For files that start like a TIFF. */
const RAW_IN_TIFF: readonly Signature[] = [
  signature(develop('Canon CR2'), 'CR', 8),
  signature(develop('Phase One IIQ'), 'IIII', 8),
  signature(develop('Phase One IIQ'), 'MMMM', 8),
];

/** Kinds of the ISO base media file format by brand, the first match counts (ISO/IEC 14496-12, 23008-12). */
const BRANDS: readonly { readonly brands: RegExp; readonly reason: string }[] = [
  { brands: /^crx /, reason: develop('Canon CR3') },
  {
    brands: /^(heic|heix|heim|heis|hevc|hevx|hevm|hevs)$/,
    reason: 'HEIC (HEVC compression) is not supported: convert it to JPEG or PNG',
  },
  {
    brands: /^(mif1|msf1|mif2|miaf|heif|avci|vvic)$/,
    reason: 'HEIF of this compression is not supported: convert it to JPEG or PNG',
  },
  { brands: /^(jp2 |jpx |jph )/, reason: convert('JPEG 2000') },
];
const VIDEO = noPicture('a video (MP4 or QuickTime)');
const AVIF_BRANDS = /^(avif|avis)$/;

/** Interprets `ftyp`: undefined for AVIF, which is supported, and for anything that is not such a file. */
function foreignBrand(head: Buffer): string | undefined {
  if (head.toString('latin1', 4, 8) !== 'ftyp') return undefined;
  const brands = brandsIn(head);
  if (brands.some((brand) => AVIF_BRANDS.test(brand))) return undefined;
  return BRANDS.find(({ brands: known }) => brands.some((brand) => known.test(brand)))?.reason ?? VIDEO;
}

export function isAvif(head: Buffer): boolean {
  return head.toString('latin1', 4, 8) === 'ftyp' && brandsIn(head).some((brand) => AVIF_BRANDS.test(brand));
}

/** The major brand and the compatible brands. */
function brandsIn(head: Buffer): string[] {
  const end = Math.min(head.length, head.readUInt32BE(0));
  const brands = [head.toString('latin1', 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(head.toString('latin1', at, at + 4));
  return brands;
}

/**
 * The reason why a file with this beginning is not supported; always returns one. `head` is its first few thousand
 * bytes.
 */
export function foreignReason(head: Buffer): string {
  return signatureIn(head, SIGNATURES) ?? foreignBrand(head) ?? textReason(head) ?? UNKNOWN_KIND;
}

/** The reason why a file that starts like a TIFF is not treated as one. */
export function rawInTiff(head: Buffer): string | undefined {
  return signatureIn(head, RAW_IN_TIFF);
}

function signatureIn(head: Buffer, signatures: readonly Signature[]): string | undefined {
  return signatures.find(({ at, bytes }) => head.toString('latin1', at, at + bytes.length) === bytes)?.reason;
}

function textReason(head: Buffer): string | undefined {
  if (head.every((byte) => byte === 0))
    return 'the file holds nothing but zeros: it was not written or copied to its end';
  const text = textOf(head);
  if (text === undefined) return undefined;
  const markup = text
    .replace(/<\?[^>]*>|<!--[\s\S]*?(-->|$)/g, '')
    .trimStart()
    .toLowerCase();
  if (/^(<!doctype svg[^>]*>\s*)?<([a-z]+:)?svg[\s/>]/.test(markup) || /<svg[\s/>]/.test(markup.slice(0, 1000))) {
    return 'SVG is not supported: it is a drawing, which may draw in other files; export it as PNG';
  }
  if (/^<(!doctype html|html|head|body|script)/.test(markup))
    return noPicture('a web page (HTML), such as a download that failed');
  if (markup.startsWith('<')) return noPicture('an XML document');
  return noPicture('a text file');
}

/** Undefined if it is not text. */
function textOf(head: Buffer): string | undefined {
  const utf16 = head.length >= 2 && ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff));
  const decoder = utf16 ? new TextDecoder(head[0] === 0xff ? 'utf-16le' : 'utf-16be') : new TextDecoder('utf-8');
  // The last character may be cut off.
  const text = decoder.decode(head, { stream: true });
  const foreign = [...text].filter((character) => character === '\ufffd' || (character < ' ' && !/\s/.test(character)));
  return foreign.length > text.length / 100 ? undefined : text;
}
