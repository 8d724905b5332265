/** The keys of a screen, listed on `?`: those of its acts, and those that a grid handles itself. */
import { ActionIcon, Group, Kbd, Table, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKeyboard } from '@tabler/icons-react';
import { type Act, type ActGroup, shownKeys, titleOf } from '../acts/act.ts';
import { useActKeys } from '../acts/use-act-keys.ts';
import { text } from '../text/en.ts';
import { Dialog } from './dialog.tsx';

const words = text.keys;

export function KeysHelp({ groups }: { readonly groups: readonly ActGroup[] }) {
  const [opened, { open, close }] = useDisclosure(false);
  const help: Act = { name: 'help', keys: ['?'], label: words.open, does: words.title, can: true, do: open };
  useActKeys([help]);
  return (
    <>
      <ActionIcon variant="default" size={30} aria-label={titleOf(help)} title={titleOf(help)} onClick={open}>
        <IconKeyboard size={17} aria-hidden />
      </ActionIcon>
      <Dialog
        opened={opened}
        onClose={close}
        title={words.title}
        size="lg"
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {[...groups, { title: words.everywhere, acts: [help] }].map(({ title, acts }) => (
          <section key={title}>
            <Title order={3} size="sm" mt="sm">
              {title}
            </Title>
            <Table verticalSpacing={4} aria-label={title}>
              <Table.Tbody>
                {acts
                  .filter(({ keys }) => keys.length > 0)
                  .map((act) => (
                    <KeyLine key={act.name} act={act} />
                  ))}
              </Table.Tbody>
            </Table>
          </section>
        ))}
      </Dialog>
    </>
  );
}

function KeyLine({ act }: { readonly act: Act }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" w={190} fw={400}>
        <Group gap={4}>
          {act.keys.map((name) => (
            <Group key={name} gap={2} wrap="nowrap" component="span">
              {shownKeys(name).map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </Group>
          ))}
        </Group>
      </Table.Th>
      <Table.Td>{act.does ?? act.label}</Table.Td>
    </Table.Tr>
  );
}
