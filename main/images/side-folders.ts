/**
 * Recognises what other programs and operating systems leave among a person's images: thumbnails, previews, bins,
 * metadata. None of it belongs to the collection, at any depth. A name that a person might give a class (Cache,
 * Originals) counts only if the rest of that program's pattern is there too.
 */

/** One name in its folder. */
export interface PlacedName {
  readonly name: string;
  readonly isFolder: boolean;
  /** The folder that contains it, and everything else in there. */
  readonly folderName: string;
  readonly beside: ReadonlySet<string>;
}

interface SideThings {
  readonly program: string;
  /** Whole names, ignoring case. */
  readonly names?: readonly string[];
  readonly pattern?: RegExp;
  readonly when?: (place: PlacedName) => boolean;
}

const FOLDERS: readonly SideThings[] = [
  { program: 'Synology', names: ['@eaDir', '#recycle', '#snapshot'] },
  { program: 'QNAP', names: ['@Recycle', '@Recently-Snapshot'], pattern: /^\.@/ },
  { program: 'NetApp', names: ['.snapshot', '~snapshot'] },
  { program: 'ZFS', names: ['.zfs'] },
  {
    program: 'macOS',
    names: [
      '__MACOSX',
      '.AppleDouble',
      '.AppleDB',
      '.AppleDesktop',
      '.DocumentRevisions-V100',
      '.fseventsd',
      '.Spotlight-V100',
      '.TemporaryItems',
      '.Trashes',
      'Network Trash Folder',
      'Temporary Items',
    ],
  },
  { program: 'Windows', names: ['$RECYCLE.BIN', 'System Volume Information'] },
  { program: 'Linux', names: ['lost+found', '.thumbnails', '.thumbs', '.xvpics'], pattern: /^\.Trash(-\d+)?$/ },
  { program: 'Jupyter', names: ['.ipynb_checkpoints'] },
  { program: 'Git', names: ['.git'] },
  { program: 'Syncthing', names: ['.stfolder', '.stversions'] },
  { program: 'Dropbox', names: ['.dropbox.cache'] },
  { program: 'Google Drive', names: ['.tmp.drivedownload', '.tmp.driveupload'] },
  { program: 'digiKam', names: ['.dtrash'] },
  { program: 'Picasa', names: ['.picasaoriginals'] },
  // Before Picasa 3, beside the edited images and Picasa's own file.
  { program: 'Picasa', names: ['Originals'], when: ({ beside }) => PICASA_FILES.some((name) => beside.has(name)) },
  { program: 'Lightroom', pattern: /\.(lrdata|lrcat-data)$/i },
  { program: 'Capture One', pattern: /^(Cache|Settings\d*)$/, when: ({ folderName }) => folderName === 'CaptureOne' },
  {
    program: 'Capture One',
    pattern: /^(?!Originals$)/,
    when: ({ folderName }) => /\.cocatalog$/i.test(folderName),
  },
  // In a library of Photos, iPhoto or Aperture, only the folder of originals contains images that a person put there.
  { program: 'Apple Photos', pattern: /^(?!(originals|masters)$)/i, when: isInPhotoLibrary },
];

const PICASA_FILES = ['.picasa.ini', 'Picasa.ini'];

const FILES: readonly SideThings[] = [
  { program: 'macOS', names: ['.DS_Store', '.localized', '.VolumeIcon.icns', 'Icon\r'], pattern: /^\._/ },
  { program: 'Windows', names: ['Thumbs.db', 'ehthumbs.db', 'desktop.ini'] },
  { program: 'Linux', names: ['.directory'] },
  { program: 'Android', names: ['.nomedia'] },
  { program: 'Synology', pattern: /@Syno(EAStream|Resource)$/ },
  { program: 'Picasa', names: PICASA_FILES },
  { program: 'Adobe Bridge', pattern: /^\.Bridge(Sort|LabelsAndRatings|Cache|CacheT)$/ },
  { program: 'Apple Photos', pattern: /./, when: isInPhotoLibrary },
];

/** iPhoto's library had no extension at first; it is recognised by its album list. */
function isInPhotoLibrary({ folderName, beside }: PlacedName): boolean {
  return (
    /\.(photoslibrary|photolibrary|aplibrary|migratedphotolibrary)$/i.test(folderName) || beside.has('AlbumData.xml')
  );
}

const [foldersByName, filesByName] = [byName(FOLDERS), byName(FILES)];
const [folderPatterns, filePatterns] = [FOLDERS, FILES].map((things) => things.filter(({ pattern }) => pattern));

function byName(things: readonly SideThings[]): ReadonlyMap<string, SideThings> {
  return new Map(things.flatMap((thing) => (thing.names ?? []).map((name) => [name.toLowerCase(), thing])));
}

/** Why a name is left out: the program that it belongs to, or that it is hidden. Undefined for the user's own files. */
export function leftOutBecause(place: PlacedName): string | undefined {
  const { name, isFolder } = place;
  const belongs = ({ when }: SideThings) => when === undefined || when(place);
  const named = (isFolder ? foldersByName : filesByName).get(name.toLowerCase());
  if (named && belongs(named)) return named.program;
  const patterns = (isFolder ? folderPatterns : filePatterns) ?? [];
  const matching = patterns.find((thing) => thing.pattern?.test(name) && belongs(thing));
  if (matching) return matching.program;
  return name.startsWith('.') ? 'hidden, its name begins with a dot' : undefined;
}
