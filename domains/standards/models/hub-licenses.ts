/** The licences that the Hugging Face Hub has a word for, which is that of SPDX in lower case. */
const WORDS = new Set(
  `apache-2.0 mit afl-3.0 artistic-2.0 bsl-1.0 bsd-2-clause bsd-3-clause bsd-3-clause-clear cc0-1.0
cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0
cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0
cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 ecl-2.0 epl-1.0 epl-2.0
eupl-1.1 eupl-1.2 isc lppl-1.3c ms-pl mpl-2.0 osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib wtfpl`.split(
    /\s+/,
  ),
)

/** The word of the Hub for an SPDX expression; none for what it knows only as `other`. */
export function hubWordOf(spdx: string): string | undefined {
  const word = spdx.toLowerCase()
  return WORDS.has(word) ? word : undefined
}
