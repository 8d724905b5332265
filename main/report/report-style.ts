/**
 * The report's look: quiet surfaces, photographs as the content, two colours that mean teacher (amber, hatched) and student
 * (blue, solid). Contrast is at least 4.5 : 1 in both schemes.
 */
export const STYLE = `
:root{color-scheme:light dark;--paper:#fbfaf8;--card:#fff;--ink:#1c1b19;--quiet:#5d5a54;--line:#e2dfd8;--teacher:#9a5b00;--student:#1f5fbf;--tint:31,95,191;--miss:176,64,32}
@media(prefers-color-scheme:dark){:root{--paper:#161615;--card:#1f1f1d;--ink:#efece6;--quiet:#aaa69d;--line:#383633;--teacher:#f0b255;--student:#8ab8ff;--tint:110,165,255;--miss:255,140,105}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
header,main{max-width:1120px;margin:0 auto;padding:0 24px}
header{padding-top:40px}
.eyebrow{margin:0;color:var(--quiet);letter-spacing:.04em}
h1{margin:.1em 0 .3em;font-size:2.2rem;line-height:1.15;font-weight:650;letter-spacing:-.015em}
h2{margin:0 0 .4em;font-size:1.3rem;font-weight:650}
h3{margin:0 0 .5em;font-size:1rem;font-weight:600}
h3 small{font-weight:400;color:var(--quiet);margin-left:.4em}
.verdict{font-size:1.2rem;max-width:44em;margin:0 0 1.2em}
.lead{color:var(--quiet);max-width:52em;margin:0 0 1em}
.lead em{font-style:normal;color:var(--ink);font-weight:600}
.facts{display:flex;flex-wrap:wrap;gap:10px 36px;margin:0 0 8px;padding:0}
.facts dt{color:var(--quiet);font-size:.87rem}
.facts dd{margin:0;font-size:1.3rem;font-weight:600}
section{padding:28px 0;border-top:1px solid var(--line);margin-top:20px}
table{border-collapse:collapse;width:100%}
th,td{padding:8px 12px;text-align:right;border-bottom:1px solid var(--line);font-weight:400;white-space:nowrap}
th:first-child{text-align:left;padding-left:0}
thead th{color:var(--quiet);font-size:.87rem}
.result th,.result td{font-weight:600}
.quiet{color:var(--quiet)}
.scroll{overflow-x:auto}
.badge{display:inline-block;min-width:4.6em;text-align:center;padding:1px 8px;border:1.5px solid;border-radius:99px;font-size:.8rem;margin-right:6px}
.badge.teacher{color:var(--teacher);border-style:dashed}
.badge.student{color:var(--student)}
.bar{width:36%;min-width:160px}
.track{display:block;position:relative;height:14px;border-radius:3px;background:var(--line)}
.range{position:absolute;top:0;bottom:0;left:calc(var(--low)*100%);width:calc((var(--high) - var(--low))*100%);border-radius:3px;min-width:4px}
.range.teacher{background:repeating-linear-gradient(45deg,var(--teacher) 0 3px,transparent 3px 6px);outline:1px solid var(--teacher)}
.range.student{background:var(--student)}
.point{position:absolute;left:calc(var(--at)*100%);top:-3px;bottom:-3px;width:2px;background:var(--ink)}
.sheet{margin:0 0 22px}
.short{color:var(--teacher);font-weight:600}
.short::before{content:"▼ "}
.tiles{list-style:none;display:flex;flex-wrap:wrap;gap:6px;margin:0;padding:0;align-items:stretch}
.tiles li{position:relative;width:64px}
.tiles img,.gone{display:block;width:64px;height:64px;object-fit:cover;border-radius:4px;background:var(--line)}
.gone{line-height:64px;text-align:center;color:var(--quiet);font-size:.8rem}
.tiles .below img{opacity:.5;filter:saturate(.35)}
.rank{display:block;text-align:center;font-size:.72rem;color:var(--quiet)}
.tiles .kline{width:auto;min-width:22px;border-left:4px solid var(--student);padding-left:6px;display:flex;align-items:center}
.kline span{font-size:.78rem;max-width:7em;color:var(--student);font-weight:600;line-height:1.25}
.kmark{border-left:4px solid var(--student);padding-left:5px;color:var(--ink)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(260px,1fr));gap:16px}
.cards.wide{grid-template-columns:repeat(auto-fill,minmax(min(100%,500px),1fr))}
figure{margin:0;padding:14px;background:var(--card);border:1px solid var(--line);border-radius:10px;min-width:0}
figcaption{color:var(--quiet);font-size:.87rem;margin-bottom:6px}
.curve{width:100%;height:auto}
.curve text{font-size:10px;fill:var(--quiet)}
.curve .axis,.curve .grid{stroke:var(--line)}
.curve polyline{fill:none;stroke:var(--student);stroke-width:1.8;stroke-linejoin:round}
.curve.teacher polyline{stroke:var(--teacher);stroke-dasharray:5 2}
.confusion{width:auto;font-size:.82rem}
.confusion th,.confusion td{padding:3px 6px;border:0;text-align:center;min-width:34px}
.confusion tbody th{text-align:right;color:var(--quiet)}
.confusion thead th span{display:inline-block;writing-mode:vertical-rl;transform:rotate(180deg);max-height:9em;overflow:hidden}
.confusion td{border-radius:3px}
.confusion .hit{background:rgba(var(--tint),calc(var(--share)*.45));font-weight:600}
.confusion .miss{background:rgba(var(--miss),calc(var(--share)*.9))}
.none{color:var(--quiet)}
code{font:.9em ui-monospace,SFMono-Regular,Consolas,monospace}
details{margin-top:14px}summary{cursor:pointer}
pre{overflow:auto;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:14px;font-size:.8rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media print{section{break-inside:avoid}.scroll{overflow:visible}}
`;
