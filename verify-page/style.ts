import { STYLE } from '../proofs/page/style.ts'

/** What the verifying page adds to a bundle's own page. */
export const PAGE_STYLE = `${STYLE}
.drop{background:var(--wash);border:1px dashed var(--line);padding:.75rem 1rem;max-width:none}
.drop label{font-weight:600;display:inline-block;min-width:8rem}.drop span{color:var(--soft)}
body.over .drop{border-color:var(--mark)}
.outcome{font-size:1.25rem;font-weight:600;border-left:6px solid var(--open);padding:.75rem 1rem;background:var(--wash);max-width:none;overflow-wrap:anywhere}
.outcome.pass{border-color:var(--good)}.outcome.fail{border-color:var(--bad)}
.result{font-weight:600;white-space:nowrap;color:var(--open)}.result.pass{color:var(--good)}.result.fail{color:var(--bad)}
.soft{color:var(--soft)}
`
