/** Adding folders, by button or by dropping them on the screen, and places in object storage. */

import { Button, SegmentedControl } from '@mantine/core';
import { IconCloud, IconFileStack, IconFolderPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { ManifestColumns, SourceKind, Split } from '../../../main/api/contract.ts';
import { FolderPicker } from '../../components/folder-picker.tsx';
import { FailureState } from '../../components/state-message.tsx';
import { type Dropped, useDroppedFolders } from '../../components/use-dropped-folders.ts';
import { Writes } from '../../components/writing.tsx';
import { desktop } from '../../desktop.ts';
import { useAddSource } from '../../queries/collection-queries.ts';
import { text } from '../../text/en.ts';
import { AddObjects, type Storage } from './add-objects.tsx';
import { DropHere, DroppedFolders } from './dropped-folders.tsx';
import { ListColumns } from './list-columns.tsx';

const words = text.shell.collection;

interface Asked {
  readonly kind: SourceKind;
  /** The name of the dropped folder to find; null if none was dropped. */
  readonly name: string | null;
  /** An archive or a list, chosen in the page, even on the desktop. */
  readonly isFile?: boolean;
}

interface AddFoldersProps {
  readonly projectId: string;
  /** There is nothing yet: this is the first step. */
  readonly first: boolean;
}

export function AddFolders({ projectId, first }: AddFoldersProps) {
  const [asking, setAsking] = useState<Asked | null>(null);
  const [dropped, setDropped] = useState<readonly Dropped[]>([]);
  const [split, setSplit] = useState<Split>('train');
  const add = useAddSource(projectId);
  const [list, setList] = useState<{ readonly file: string; readonly kind: SourceKind } | null>(null);
  const over = useDroppedFolders(setDropped);
  const [askingObjects, setAskingObjects] = useState(false);
  const addFolder = (kind: SourceKind, folder: string, more: { columns?: ManifestColumns; storage?: Storage } = {}) =>
    add.mutate({ kind, folder, split: kind === 'labelled' ? split : null, ...more });
  const sortOut = (kind: SourceKind) => {
    const folders = dropped.filter(({ isFolder }) => isFolder);
    setDropped([]);
    for (const { path } of folders) if (path !== null) addFolder(kind, path);
    const unfound = folders.find(({ path }) => path === null);
    if (unfound) setAsking({ kind, name: unfound.name });
  };
  return (
    <>
      <Writes>
        <SegmentedControl
          size="xs"
          aria-label={words.split}
          value={split}
          onChange={(value) => setSplit(value as Split)}
          data={(['train', 'val', 'test'] as const).map((value) => ({ value, label: words.splits[value] }))}
        />
        {(['labelled', 'unlabelled'] as const).map((kind) => (
          <Button
            key={kind}
            variant={first && kind === 'labelled' ? 'filled' : 'default'}
            leftSection={<IconFolderPlus size={18} />}
            loading={add.isPending}
            onClick={() => setAsking({ kind, name: null })}
          >
            {kind === 'labelled' ? words.addLabelled : words.addUnlabelled}
          </Button>
        ))}
        {desktop() && (
          <Button
            variant="default"
            leftSection={<IconFileStack size={18} />}
            onClick={() => setAsking({ kind: 'labelled', name: null, isFile: true })}
          >
            {words.addFile}
          </Button>
        )}
        <Button variant="default" leftSection={<IconCloud size={18} />} onClick={() => setAskingObjects(true)}>
          {words.addObjects}
        </Button>
      </Writes>
      {add.error && <FailureState error={add.error} />}
      {over && <DropHere />}
      <DroppedFolders dropped={dropped} onKind={sortOut} onClose={() => setDropped([])} />
      <FolderPicker
        opened={asking !== null}
        title={asking ? titleOf(asking) : ''}
        choose="source"
        {...(asking?.isFile && { inPage: true })}
        onClose={() => setAsking(null)}
        onChoose={(path) => {
          if (asking && isList(path)) setList({ file: path, kind: asking.kind });
          else if (asking) addFolder(asking.kind, path);
          setAsking(null);
        }}
      />
      <AddObjects
        opened={askingObjects}
        onClose={() => setAskingObjects(false)}
        onAdd={(kind, address, storage) => {
          addFolder(kind, address, { storage });
          setAskingObjects(false);
        }}
      />
      <ListColumns
        key={list?.file}
        projectId={projectId}
        file={list?.file ?? null}
        firstKind={list?.kind ?? 'labelled'}
        onClose={() => setList(null)}
        onAdd={(kind, columns) => {
          if (list) addFolder(kind, list.file, { columns });
          setList(null);
        }}
      />
    </>
  );
}

function isList(path: string): boolean {
  return /\.(csv|tsv|parquet|pq)$/i.test(path);
}

function titleOf({ kind, name, isFile }: Asked): string {
  if (isFile) return words.fileTitle;
  if (name !== null) return text.dropping.find(name);
  return kind === 'unlabelled' ? words.unlabelledTitle : words.labelledTitle;
}
