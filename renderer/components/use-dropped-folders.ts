/**
 * Folders dropped on the window, by name; on the desktop also by path. A browser passes on the content of a drop, never its
 * location, and folders of images are read where they are.
 */
import { useWindowEvent } from '@mantine/hooks';
import { useRef, useState } from 'react';
import { desktop } from '../desktop.ts';

export interface Dropped {
  readonly name: string;
  readonly isFolder: boolean;
  /** Null in a browser. */
  readonly path: string | null;
}

/** Returns whether something is being dragged over the window. */
export function useDroppedFolders(onDropped: (dropped: readonly Dropped[]) => void): boolean {
  const [over, setOver] = useState(false);
  /** Entering a child comes before leaving its parent: only the balance shows whether the window was left. */
  const depth = useRef(0);
  const enter = (event: DragEvent) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth.current += event.type === 'dragenter' ? 1 : 0;
    setOver(true);
  };
  useWindowEvent('dragenter', enter);
  // Otherwise the browser would open what is dropped.
  useWindowEvent('dragover', enter);
  useWindowEvent('dragleave', (event) => {
    if (!hasFiles(event)) return;
    depth.current = Math.max(0, depth.current - 1);
    if (depth.current === 0) setOver(false);
  });
  useWindowEvent('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth.current = 0;
    setOver(false);
    const dropped = [...(event.dataTransfer?.items ?? [])].flatMap(droppedOf);
    if (dropped.length > 0) onDropped(dropped);
  });
  return over;
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false;
}

function droppedOf(item: DataTransferItem): Dropped[] {
  const file = item.getAsFile();
  if (!file) return [];
  const path = desktop()?.pathForFile(file) ?? '';
  return [
    {
      name: file.name,
      isFolder: item.webkitGetAsEntry()?.isDirectory ?? false,
      path: path === '' ? null : path,
    },
  ];
}
