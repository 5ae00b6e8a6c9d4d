/** How a bundle's page looks; nothing in it is fetched from anywhere. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#c9d1da;--paper:#fff;--wash:#f4f6f8;--mark:#1f5fa8;--good:#1a7340;--bad:#b3261e;--open:#8a5a00}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#a3adba;--line:#3a4552;--paper:#14181d;--wash:#1d232a;--mark:#7db4f0;--good:#67c98c;--bad:#ff8a80;--open:#e5b567}}
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
main{max-width:68rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2.25rem 0 .5rem;padding-top:.75rem;border-top:1px solid var(--line)}
p{margin:.5rem 0;max-width:46rem}
.note{background:var(--wash);border-left:4px solid var(--mark);padding:.75rem 1rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.25rem;margin:.75rem 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600}
code,pre,.value{font:.85rem/1.45 ui-monospace,monospace}
pre{background:var(--wash);padding:.75rem 1rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
figure{margin:.75rem 0;overflow:auto;border:1px solid var(--line);background:var(--wash);max-height:75vh}
details{border-bottom:1px solid var(--line);padding:.35rem 0}
summary{cursor:pointer;overflow-wrap:anywhere}
.kept{color:var(--open);font-style:italic}
.arrow{fill:none;stroke:var(--soft);stroke-width:1.4}.tip{fill:var(--soft)}
.thing rect{fill:var(--paper);stroke:var(--line);stroke-width:1.4}
.thing.root rect{stroke:var(--mark);stroke-width:2.6}
.thing .name{font:600 13px system-ui,sans-serif;fill:var(--ink)}
.thing .kind{font:11.5px system-ui,sans-serif;fill:var(--soft)}
.state-withheld rect,.state-partly-withheld rect,.state-not-shown rect{stroke:var(--open);stroke-dasharray:6 4}
.state-erased rect,.state-retired rect{stroke-dasharray:2 4}
`
