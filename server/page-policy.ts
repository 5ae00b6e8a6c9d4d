import { createHash } from 'node:crypto'

/**
 * The Content-Security-Policy of a page of ours: exactly the scripts that it holds may run, and it may
 * load and send nothing but what `more` allows.
 */
export function pagePolicy(html: string, more: readonly string[] = []): string {
  const scripts = hashesOf(html, /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)
  return [
    "default-src 'none'",
    `script-src ${scripts.join(' ') || "'none'"}`,
    ...more,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** The styles that a page holds, for its `style-src`. */
export const styleHashes = (html: string) =>
  hashesOf(html, /<style[^>]*>([\s\S]*?)<\/style>/g).join(' ')

const hashesOf = (html: string, parts: RegExp) =>
  [...html.matchAll(parts)].map(
    ([, content = '']) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`,
  )
