/**
 * The report's style: quiet surfaces, photographs as the content, two colours that stand for teacher (amber, square,
 * hatched) and student (blue, round, solid). Text has a contrast of at least 4.5 : 1 in both schemes.
 */
const COLOURS = `
:root{color-scheme:light dark;--paper:#faf9f7;--card:#fff;--ink:#1b1a18;--quiet:#5f5c56;--line:#e3e0da;--teacher:#9a5b00;--student:#17479a;--hit:23,71,154;--miss:186,66,30}
figure.teacher{--hit:154,91,0}
@media(prefers-color-scheme:dark){:root{--paper:#151514;--card:#1e1e1c;--ink:#efece6;--quiet:#aba79f;--line:#373530;--teacher:#f2b65c;--student:#7db0ff;--hit:120,170,255;--miss:255,130,90}figure.teacher{--hit:242,182,92}}
.teacher{--tone:var(--teacher)}.student{--tone:var(--student)}
`;

const PAGE = `
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
header,main{max-width:1240px;margin:0 auto;padding:0 clamp(16px,3vw,40px)}
header{padding-top:clamp(24px,5vw,56px)}
.eyebrow{margin:0;color:var(--quiet)}
h1{margin:0;font-size:clamp(1.8rem,4vw,2.6rem);line-height:1.15;font-weight:650;letter-spacing:-.02em;overflow-wrap:anywhere}
h2{margin:0 0 .3em;font-size:1.45rem;font-weight:650;letter-spacing:-.01em}
h3{margin:0;font-size:1rem;font-weight:650}
p{margin:0 0 .6em}
.quiet,small,.lead,figcaption,thead th{color:var(--quiet)}
small{font-size:.84rem;font-weight:400}
.lead{max-width:54em;margin-bottom:1.2em}
section{padding:40px 0 8px;margin-top:32px;border-top:1px solid var(--line)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.86em}
code{overflow-wrap:anywhere}
details{margin:18px 0}summary{cursor:pointer;width:fit-content}
pre{overflow:auto;max-height:32em;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:14px}
.files{padding-left:1.2em}
:focus-visible{outline:2px solid var(--student);outline-offset:2px}
.words{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:10px 36px;margin:0 0 56px}
.words dt{font-weight:650}.words dd{margin:0;color:var(--quiet)}
`;

const VERDICT = `
.verdict{display:flex;flex-wrap:wrap;align-items:center;gap:16px 40px;margin:26px 0 30px;padding:22px 28px;background:var(--card);border:1px solid var(--line);border-left:6px solid var(--student);border-radius:10px}
.verdict.unclear,.verdict.notCompared{border-left-color:var(--quiet)}
.verdict.loss{border-left-color:rgb(var(--miss))}
.verdict>div:last-child{flex:1 1 22em;max-width:46em}
.verdict p{margin:0}
.gain b{font-size:clamp(2.4rem,6vw,3.4rem);line-height:1.05;font-weight:650;letter-spacing:-.03em;margin-right:.1em}
.gain .chance{color:var(--quiet);font-size:.88rem}
.headline{font-size:1.25rem;font-weight:650}
.steps{list-style:none;display:grid;grid-template-columns:repeat(5,1fr);gap:0 14px;margin:0;padding:0}
.steps li{border-top:3px solid var(--tone,var(--quiet));padding-top:10px}
.steps .teacher{border-top-style:dashed}
.steps b{display:block;font-size:1.5rem;font-weight:650;line-height:1.2}
.steps span{display:block;color:var(--quiet);font-size:.9rem;line-height:1.4}
@media(max-width:760px){.steps{grid-template-columns:1fr}.steps li{border-top:0;border-left:3px solid var(--tone,var(--quiet));padding:2px 0 12px 14px}.steps .teacher{border-left-style:dashed}}
`;

const TABLES = `
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{padding:9px 12px;text-align:right;border-bottom:1px solid var(--line);font-weight:400;white-space:nowrap;vertical-align:middle}
th:first-child{text-align:left;padding-left:0}
th.text,td.text{text-align:left}
td.text{white-space:normal}
thead th{font-size:.86rem;vertical-align:bottom}
.numbers th,.numbers td{padding-block:6px}
.models tbody th small,.models td small{display:block}
.models tbody th{position:relative;padding-left:26px}
.models tbody th .mark{position:absolute;left:2px;top:15px}
.models .result th,.models .result td{font-weight:650}
.models .plot{width:34%;min-width:220px;padding:0 22px;text-align:left}
.scale,.track{display:block;position:relative;height:22px}
.scale i{position:absolute;transform:translateX(-50%);font-style:normal}
.track{height:58px}
.track .range{position:absolute;top:26px;height:6px;border-radius:3px;background:var(--tone);opacity:.45}
.teacher .range{background:repeating-linear-gradient(90deg,var(--tone) 0 4px,transparent 4px 7px);opacity:.8}
.mark{display:inline-block;width:13px;height:13px;border:3px solid var(--tone);border-radius:50%;background:var(--paper)}
.teacher .mark{border-radius:2px;background:var(--tone)}
.step .mark{background:linear-gradient(90deg,var(--tone) 50%,var(--paper) 50%)}
.result .mark{background:var(--tone)}
.track .mark{position:absolute;top:29px;transform:translate(-50%,-50%)}
.track .reference{position:absolute;top:0;bottom:0;border-left:2px dotted var(--quiet)}
.gauge{display:inline-block;width:48px;height:8px;background:var(--line);border-radius:2px;overflow:hidden;margin-left:4px}
.gauge .bar{display:block;height:100%;background:var(--student)}
.short{color:var(--teacher);font-weight:650}.short::before{content:"▾ "}
.worse{color:rgb(var(--miss))}
@media(prefers-color-scheme:light){.worse{color:#a03512}}
@media(max-width:760px){.models .plot,.models .interval{display:none}.models tbody th small{white-space:normal;max-width:11em}}
`;

const SHEETS = `
.sheet{display:grid;grid-template-columns:12fr 4fr}
.sheet>div{padding-bottom:26px;min-width:0}
.sheet .above{padding-right:10px}
.sheet .below{border-left:4px solid var(--student);padding-left:10px}
.sheet h3,.cut{margin:0 0 7px;height:24px;line-height:24px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.sheet h3 small{margin-left:.5em}
.cut{font-size:.84rem;color:var(--quiet)}.cut b{color:var(--student);margin-right:.4em}
.tiles{list-style:none;display:grid;grid-template-columns:repeat(12,1fr);gap:6px;margin:0;padding:0}
.below .tiles{grid-template-columns:repeat(4,1fr)}
.tiles li{min-width:0}
.tiles img,.gone{display:block;width:100%;aspect-ratio:1;object-fit:cover;border-radius:5px;background:var(--line)}
.gone{display:grid;place-items:center;color:var(--quiet);font-size:.8rem}
.below img{filter:grayscale(.6);opacity:.75}
.rank{display:block;text-align:center;font-size:.7rem;line-height:1.5;color:var(--quiet)}
.rank b{color:var(--ink);font-weight:600}
@media(max-width:1080px){.sheet{display:block;margin-bottom:18px}.sheet>div{padding:0 0 10px}.sheet .below{border-left:0;border-top:4px solid var(--student);padding:6px 0 10px}.sheet h3,.cut{white-space:normal;height:auto}.tiles,.below .tiles{grid-template-columns:repeat(auto-fill,minmax(64px,1fr))}}
`;

const CHARTS = `
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:16px}
.cards.wide{grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr))}
figure{margin:0;padding:14px 16px;background:var(--card);border:1px solid var(--line);border-radius:10px;min-width:0}
figcaption{font-size:.88rem;margin-bottom:8px;font-weight:600}
.keys{list-style:none;display:flex;flex-wrap:wrap;gap:6px 26px;margin:0 0 14px;padding:0;font-size:.9rem}
.key{width:34px;height:8px;margin-right:8px;vertical-align:middle}
.curve{display:block;width:100%;height:auto}
.curve text{font-size:11px;fill:var(--quiet)}
.grid{stroke:var(--line)}
.boundary{stroke:var(--quiet);stroke-dasharray:4 3}
polyline{fill:none;stroke:var(--student);stroke-width:1.8;stroke-linejoin:round}
polyline.teacher{stroke:var(--teacher);stroke-dasharray:6 2.5}
polyline.baseline{stroke-dasharray:1.5 3;stroke-width:2}
polyline.result{stroke-width:3}
.confusion{width:auto;font-size:.84rem;border-spacing:2px;border-collapse:separate}
.confusion th,.confusion td{padding:4px 5px;border:0;text-align:center;min-width:38px}
.confusion tbody th{text-align:right;color:var(--quiet);padding-right:8px}
.confusion thead th span{display:inline-block;writing-mode:vertical-rl;transform:rotate(180deg);max-height:9em;overflow:hidden}
.confusion td{border-radius:4px}
.confusion .hit{background:rgba(var(--hit),calc(var(--shade)*.34));font-weight:650}
.confusion .miss{background:rgba(var(--miss),calc(var(--shade)*.5))}
.none{color:var(--quiet);opacity:.85}
`;

const PRINT = `
@media print{body{font-size:11px}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}section{margin-top:10px;padding-top:14px}.sheet,figure,tr,.verdict{break-inside:avoid}h2,.lead{break-after:avoid}.scroll{overflow:visible}}
`;

export const STYLE = COLOURS + PAGE + VERDICT + TABLES + SHEETS + CHARTS + PRINT;
