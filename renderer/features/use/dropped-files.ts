/** The files of a drop, including those in dropped folders, up to a request's limit. */

/** The most that the workbench accepts at once. */
export const MOST_FILES = 200;

/** Stops once there are more than `MOST_FILES`. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  // The list is emptied when the event is over: everything is taken out of it first.
  const items = Array.from(transfer.items, (item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const files: File[] = [];
  for (const { entry, file } of items) {
    if (entry) await collect(entry, files);
    else if (file) files.push(file);
  }
  return files;
}

async function collect(entry: FileSystemEntry, into: File[]): Promise<void> {
  if (into.length > MOST_FILES) return;
  if (isFile(entry)) into.push(await new Promise<File>((resolve, reject) => entry.file(resolve, reject)));
  else if (isDirectory(entry)) {
    const reader = entry.createReader();
    // A reader returns a hundred at a time, and none at the end.
    for (let part = await nextOf(reader); part.length > 0; part = await nextOf(reader)) {
      for (const inner of part) await collect(inner, into);
    }
  }
}

async function nextOf(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
