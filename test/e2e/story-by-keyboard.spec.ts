/** The main path again without a mouse: every control is reached with the Tab key and used with keys. */
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { Keyboard } from './keyboard.ts';
import { BATCH, drawStoryFolders, IMAGE_SIZE_PX, K, LENGTHS, MODEL, type StoryFolders, WIDTH } from './story.ts';
import { test } from './workbench.ts';

test('a new project becomes an exported student by keyboard alone', async ({ page }, { project }) => {
  const folders = await drawStoryFolders(project.outputDir, 'by keyboard');
  const person = new Person(page);
  await page.goto('/');
  await test.step('makes a project', () => person.makesProject());
  await test.step('adds folders', () => person.addsFolders(folders));
  await test.step('trains a teacher', () => person.trainsTeacher());
  await test.step('labels the collection', () => person.labelsCollection());
  await test.step('decides in the ranks', () => person.decidesInRanks());
  await test.step('trains a student', () => person.trainsStudent());
  await test.step('compares the models and exports the student', () => person.exportsStudent(folders.exports));
});

/** Long enough for a machine with other work. */
const TRAINED = { timeout: 240_000 } as const;

class Person {
  readonly #page: Page;
  readonly #keys: Keyboard;

  constructor(page: Page) {
    this.#page = page;
    this.#keys = new Keyboard(page);
  }

  async makesProject(): Promise<void> {
    await this.#keys.press(this.#button('New project'));
    const dialog = this.#page.getByRole('dialog', { name: 'New project' });
    await expect(dialog.getByRole('textbox', { name: 'Name' })).toBeFocused();
    await this.#keys.write(dialog.getByRole('textbox', { name: 'Name' }), 'By keyboard');
    await this.#keys.key('Enter');
    await expect(this.#page.getByRole('heading', { level: 1, name: 'Collection' })).toBeVisible();
  }

  async addsFolders({ labelled, heldOut, unlabelled }: StoryFolders): Promise<void> {
    await this.#keys.press(this.#button('Add labelled images'));
    await this.#choosesFolder(labelled);
    await expect(this.#page.getByRole('row', { name: /labelled, training 48 / })).toBeVisible();
    await this.#keys.to(this.#page.getByRole('radio', { name: 'training' }), { backwards: true });
    await this.#keys.key('ArrowRight');
    await this.#keys.key('ArrowRight');
    await expect(this.#page.getByRole('radio', { name: 'held out (test)' })).toBeChecked();
    await this.#keys.press(this.#button('Add labelled images'));
    await this.#choosesFolder(heldOut);
    await expect(this.#page.getByRole('row', { name: /labelled, held out \(test\) 32 / })).toBeVisible();
    await this.#keys.press(this.#button('Add unlabelled images'));
    await this.#choosesFolder(unlabelled);
    await expect(this.#page.getByRole('row', { name: /unlabelled unlabelled 1\d\d / })).toBeVisible();
  }

  async trainsTeacher(): Promise<void> {
    await this.#keys.press(this.#page.getByRole('link', { name: 'Train the teacher' }));
    await this.#keys.write(this.#field('Image size, pixels'), String(IMAGE_SIZE_PX));
    await this.#keys.choose(this.#page.getByRole('combobox', { name: 'Device' }), 'processor');
    await this.#keys.press(this.#button('Expert'));
    await this.#keys.choose(this.#page.getByRole('combobox', { name: 'Model', exact: true }), MODEL);
    await this.#keys.write(this.#field('Channels of the first layer'), String(WIDTH));
    await this.#keys.write(this.#field('Length, images processed'), String(LENGTHS.teacher));
    await this.#keys.write(this.#field('Batch'), String(BATCH));
    await this.#keys.press(this.#button('Train a new teacher'));
    await expect(this.#page.getByRole('row', { name: /Teacher, small-basic.* done cpu/ })).toBeVisible(TRAINED);
  }

  async labelsCollection(): Promise<void> {
    await this.#keys.press(this.#page.getByRole('link', { name: 'Score the collection with it' }));
    await this.#keys.press(this.#button('Launch the teacher'));
    await expect(this.#page.getByRole('link', { name: 'Browse the ranks' })).toBeVisible(TRAINED);
    await this.#keys.press(this.#page.getByRole('link', { name: 'Browse the ranks' }), BACKWARDS);
  }

  async decidesInRanks(): Promise<void> {
    await this.#keys.write(this.#field('Images per class (K)'), String(K));
    await this.#keys.key('Enter');
    const classes = this.#page.getByRole('listbox', { name: 'Classes' });
    await expect(classes.getByRole('option', { name: new RegExp(`of ${K} kept`) }).first()).toBeVisible();
    await this.#keys.to(classes);
    await this.#keys.key('ArrowDown');
    await expect(classes.getByRole('option').nth(1)).toHaveAttribute('aria-selected', 'true');
    await this.#keys.to(this.#page.getByRole('grid', { name: /^Ranking of/ }));
    const tile = (rank: number) => this.#page.getByRole('gridcell', { name: new RegExp(`^Rank ${rank}, score`) });
    await this.#keys.key('x');
    await expect(tile(1)).toHaveAccessibleName(/vetoed/);
    await this.#keys.key('ArrowRight');
    await this.#keys.key('p');
    await expect(tile(2)).toHaveAccessibleName(/pinned/);
    await this.#keys.key('ControlOrMeta+z');
    await expect(tile(2)).not.toHaveAccessibleName(/pinned/);
    await this.#keys.key('ControlOrMeta+Shift+z');
    await expect(tile(2)).toHaveAccessibleName(/pinned/);
    await this.#spotChecks();
    await this.#keys.write(this.#field('Go to rank'), '5');
    await this.#keys.key('Enter');
    await expect(tile(5)).toBeInViewport();
    await expect(tile(5)).toHaveAttribute('aria-selected', 'true');
  }

  async #spotChecks(): Promise<void> {
    await this.#keys.press(this.#page.getByRole('button', { name: /^Spot-check/ }));
    const dialog = this.#page.getByRole('dialog', { name: /^Is this / });
    for (const [done, key] of (['y', 'n', 'y'] as const).entries()) {
      await expect(dialog.getByRole('progressbar', { name: new RegExp(`^${done} of `) })).toBeAttached();
      await this.#keys.key(key);
    }
    await expect(dialog.getByRole('progressbar', { name: /^3 of / })).toBeAttached();
    await this.#keys.key('Escape');
    await expect(this.#page.getByRole('tabpanel', { name: 'Image' }).getByText(/3 checked/)).toBeVisible();
  }

  async trainsStudent(): Promise<void> {
    await this.#keys.press(this.#page.getByRole('link', { name: 'Train the student on this' }), BACKWARDS);
    await expect(this.#page.getByText(new RegExp(`above the line at K = ${K}`))).toBeVisible();
    await this.#keys.press(this.#button('Expert'));
    await this.#keys.choose(this.#page.getByRole('combobox', { name: 'Model', exact: true }), MODEL);
    await this.#keys.write(this.#field('Channels of the first layer'), String(WIDTH));
    await this.#keys.write(this.#field('Pre-training, images processed'), String(LENGTHS.pretraining));
    await this.#keys.write(this.#field('Fine-tuning, images processed'), String(LENGTHS.fineTuning));
    await this.#keys.write(this.#field('Baseline, images processed'), String(LENGTHS.baseline));
    await this.#keys.press(this.#button('Train the student'));
    await expect(this.#page.getByText(/The student is right on/)).toBeVisible(TRAINED);
  }

  async exportsStudent(folder: string): Promise<void> {
    await this.#keys.press(this.#page.getByRole('link', { name: 'Compare the models' }));
    await expect(this.#page.getByRole('row', { name: /Student, fine-tuned .*[\d.]+ ?%/ }).first()).toBeVisible();
    const use = this.#page.getByRole('navigation').getByRole('link', { name: 'Use and export' });
    await this.#keys.press(use, BACKWARDS);
    const run = this.#page.getByRole('region', { name: 'Export' }).getByRole('combobox').first();
    await this.#keys.choose(run, 'Student, fine-tuning');
    await this.#keys.choose(this.#page.getByRole('combobox', { name: 'As' }), 'ONNX');
    await this.#keys.press(this.#button('Export'));
    await this.#makesFolder(folder);
    const notice = this.#page.getByText(/Written: .*\.onnx /);
    await expect(notice).toBeVisible(TRAINED);
    const file = /Written: (.*\.onnx) /.exec((await notice.textContent()) ?? '')?.[1] ?? '';
    expect(dirname(file)).toBe(folder);
    expect(statSync(file).size).toBeGreaterThan(1000);
  }

  /** By typing its whole path. */
  async #choosesFolder(folder: string): Promise<void> {
    const picker = await this.#goesTo(folder);
    await this.#keys.press(picker.getByRole('button', { name: `Choose “${basename(folder)}”` }), BACKWARDS);
  }

  async #makesFolder(folder: string): Promise<void> {
    const picker = await this.#goesTo(dirname(folder));
    await this.#keys.press(picker.getByRole('button', { name: 'New folder here' }), BACKWARDS);
    await this.#keys.write(picker.getByRole('textbox', { name: 'Name of the new folder' }), basename(folder));
    await this.#keys.key('Enter');
    await this.#keys.press(picker.getByRole('button', { name: `Choose “${basename(folder)}”` }));
  }

  async #goesTo(folder: string): Promise<Locator> {
    const picker = this.#page.getByRole('dialog');
    await expect(picker.getByRole('textbox', { name: 'Folder' })).toBeFocused();
    await this.#keys.write(picker.getByRole('textbox', { name: 'Folder' }), folder);
    await this.#keys.key('Enter');
    await expect(picker.getByRole('button', { name: `Choose “${basename(folder)}”` })).toBeVisible();
    return picker;
  }

  #button(name: string): Locator {
    return this.#page.getByRole('button', { name, exact: true });
  }

  #field(name: string): Locator {
    return this.#page.getByRole('textbox', { name });
  }
}

const BACKWARDS = { backwards: true } as const;
