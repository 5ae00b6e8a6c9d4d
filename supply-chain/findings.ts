/** What an advisory says of a package that is installed. */
export interface Finding {
  /** Its id, as GHSA-xxxx-xxxx-xxxx where it has one. */
  advisory: string
  package: string
  versions: readonly string[]
  severity: string
  title: string
}

/** Why a finding does not reach us, and until when that may be believed. */
export interface Explanation {
  advisory: string
  package: string
  why: string
  /** A day, as 2027-01-31: from the next on it must be looked at again. */
  until: string
}

/** What is left to do about findings. */
export interface Verdict {
  unexplained: Finding[]
  explained: Finding[]
  /** Explanations of what is found no more, or whose time is over. */
  stale: Explanation[]
}

const ROW =
  /^\| *`?(GHSA-[\w-]+|\d+)`? *\| *`?([^|`]+?)`? *\| *([^|]+?) *\| *(\d{4}-\d{2}-\d{2}) *\|$/gm

/** Reads the table of docs/operations/audit.md. */
export const readExplanations = (page: string): Explanation[] =>
  [...page.matchAll(ROW)].map(([, advisory, name, why, until]) => ({
    advisory: advisory!,
    package: name!,
    why: why!,
    until: until!,
  }))

/**
 * Lays findings beside their explanations. One whose time is over explains nothing.
 *
 * @param today The day, as 2027-01-31.
 */
export function judge(
  findings: readonly Finding[],
  explanations: readonly Explanation[],
  today: string,
): Verdict {
  const about = (finding: Finding) => (one: Explanation) =>
    one.advisory === finding.advisory && one.package === finding.package
  const standing = explanations.filter(({ until }) => today <= until)
  const isExplained = (finding: Finding) => standing.some(about(finding))
  return {
    unexplained: findings.filter((finding) => !isExplained(finding)),
    explained: findings.filter(isExplained),
    stale: explanations.filter(
      (one) => !standing.includes(one) || !findings.some((finding) => about(finding)(one)),
    ),
  }
}
