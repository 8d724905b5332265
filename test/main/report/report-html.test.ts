import { describe, expect, it } from 'vitest';
import { html } from '../../../main/report/html.ts';
import { reportHtml } from '../../../main/report/report-html.ts';
import { reportText } from '../../../main/report/report-text.ts';
import { sampleReport } from './sample-report.ts';

const HOSTILE = '<img src=x onerror="alert(1)"> & \'more\'';

/** Start and end tags must match, or a browser guesses. */
function unbalancedTags(page: string): string[] {
  const open: string[] = [];
  const empty = new Set(['meta', 'img', 'line', 'polyline', '!doctype']);
  for (const [, slash, name = ''] of page.matchAll(/<(\/?)([a-z!][a-z0-9]*)\b[^>]*>/gi)) {
    if (empty.has(name.toLowerCase())) continue;
    if (slash === '') open.push(name);
    else if (open.pop() !== name) return [name];
  }
  return open;
}

describe('the page', () => {
  const page = reportHtml(sampleReport());

  it('needs nothing from anywhere', () => {
    expect(page).not.toMatch(/<script|<link|@import|url\(/i);
    expect(page).not.toMatch(/(src|href)="(?!data:)/i);
    expect(page).not.toMatch(/https?:/);
    expect(page).toContain("default-src 'none'");
  });

  it('is well formed', () => {
    expect(unbalancedTags(page)).toEqual([]);
    expect(page).not.toMatch(/undefined|NaN|Infinity|\[object/);
  });

  it('answers first whether it paid', () => {
    const banner = page.slice(page.indexOf('class="verdict'), page.indexOf('class="steps"'));
    expect(banner).toContain('+8.0');
    expect(banner).toContain('It paid');
    expect(banner).toMatch(/95 % interval \+6\.\d to \+9\.\d/);
  });

  it('draws the K line between what was kept and what was not, and marks a short class', () => {
    const sheet = page.slice(page.indexOf('<article'), page.indexOf('</article>'));
    const [above = '', below = ''] = sheet.split('class="below"');
    expect(above).toContain('Rank 60, score 0.40, kept: pool/60.jpg');
    expect(below).toContain('Rank 61, score 0.39, left out: pool/61.jpg');
    expect(below).toContain('K line');
    expect(above).toContain('19 short of K');
    expect(page.match(/short of K<\/span>/g)).toHaveLength(1);
  });

  it('escapes whatever comes from files and folders', () => {
    const hostile = sampleReport({ project: HOSTILE, classNames: [HOSTILE, 'b'] });
    const written = reportHtml(hostile);
    expect(written).not.toContain('<img src=x');
    expect(written).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;more&#39;');
    expect(unbalancedTags(written)).toEqual([]);
  });

  it('leaves a gap for an image that went away', () => {
    expect(reportHtml(sampleReport({ thumbnail: '' }))).toContain('>not there now</span>');
  });

  it('counts what is missing apart from what is damaged', () => {
    const sentence = '1,200 images that the project knows are missing now';
    expect(reportHtml(sampleReport({ missing: 1200 }))).toContain(sentence);
    expect(reportText(sampleReport({ missing: 1200 }))).toContain(sentence);
    expect(reportText(sampleReport())).not.toContain('missing');
  });

  it('has no comparison where there is no baseline', () => {
    const written = reportHtml(sampleReport({ top1: { teacher: 0.7, pretrained: 0.6, finetuned: 0.72 } }));
    expect(written).toContain('Nothing to compare with');
    expect(written).not.toMatch(/undefined|NaN/);
  });

  it('stays small with many classes', () => {
    const classNames = Array.from({ length: 300 }, (_, classId) => `class ${classId}`);
    const many = reportHtml(sampleReport({ classNames }));
    expect(many.length).toBeLessThan(2_000_000);
    expect(many).not.toContain('class="confusion"');
    expect(many).toContain('Taken for');
  });
});

describe('a template', () => {
  it('escapes text, keeps markup, joins lists and drops what is undefined', () => {
    const list = ['a&b', 'c'].map((text) => html`<li>${text}</li>`);
    expect(html`<ul title="${'"'}">${list}${undefined}</ul>${0}`.markup).toBe(
      '<ul title="&quot;"><li>a&amp;b</li><li>c</li></ul>0',
    );
  });
});
