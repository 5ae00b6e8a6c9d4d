import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A package that `npm ci` installs, as the lockfile names it. */
export interface Package {
  name: string
  version: string
  /** Where it lies, such as `node_modules/a/node_modules/b`. */
  path: string
  /** What it says of its own licence, an SPDX expression mostly; `null` where it says nothing. */
  licence: string | null
  /** Only building and testing need it: it is in nothing that runs for others. */
  development: boolean
  /** Left out where it does not fit the platform. */
  optional: boolean
  /** Its archive's hash as npm checks it: `sha512-` and base64. */
  integrity: string | null
  /** The paths of the packages that it gets when it imports. */
  needs: readonly string[]
}

/** What is installed, and what installs it. */
export interface Tree {
  name: string
  version: string
  description: string
  licence: string
  /** The paths of what the project itself asks for. */
  needs: readonly string[]
  packages: readonly Package[]
}

interface Locked {
  name?: string
  version?: string
  license?: string
  dev?: boolean
  devOptional?: boolean
  optional?: boolean
  integrity?: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

type Lock = Readonly<Record<string, Locked>>

const MODULES = 'node_modules/'

const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as unknown

/** Reads the tree from the lockfile of a folder, and licences also from what is installed there. */
export function readTree(folder: string): Tree {
  const { packages } = readJson(join(folder, 'package-lock.json')) as { packages: Lock }
  const project = readJson(join(folder, 'package.json')) as Record<string, string>
  return {
    name: project.name!,
    version: project.version!,
    description: project.description!,
    licence: project.license!,
    needs: neededBy('', packages),
    packages: Object.keys(packages)
      .filter((path) => path !== '')
      .sort()
      .map((path) => packageAt(path, packages, installedLicence(join(folder, path)))),
  }
}

/**
 * What packages say in the older form, by version, as read in their archives: no lockfile keeps it, and
 * options are left out where they cannot be built, and are then not there to be read.
 */
const STATED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  buildcheck: { '0.0.7': 'MIT' },
  'cpu-features': { '0.0.10': 'MIT' },
  ssh2: { '1.17.0': 'MIT' },
}

function packageAt(path: string, lock: Lock, installed: string | null): Package {
  const { name, version, license, dev, devOptional, optional, integrity } = lock[path]!
  return {
    // Under another name than its folder's where it was asked for by an alias.
    name: name ?? path.slice(path.lastIndexOf(MODULES) + MODULES.length),
    version: version!,
    path,
    // What is installed is what runs; the lockfile speaks for what other platforms install.
    licence: installed ?? license ?? STATED[path.slice(MODULES.length)]?.[version!] ?? null,
    // What is development and an option of what is shipped may be shipped.
    development: Boolean(dev),
    optional: Boolean(optional || devOptional),
    integrity: integrity ?? null,
    needs: neededBy(path, lock),
  }
}

/** Also the older form, a list of licences to choose from. */
function installedLicence(folder: string): string | null {
  try {
    const { license, licenses } = readJson(join(folder, 'package.json')) as {
      license?: string | { type: string }
      licenses?: readonly { type: string }[]
    }
    if (typeof license === 'string') return license
    return license?.type ?? (licenses?.map(({ type }) => type).join(' OR ') || null)
  } catch {
    return null
  }
}

function neededBy(path: string, lock: Lock): string[] {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = lock[path]!
  const asked = {
    ...dependencies,
    ...optionalDependencies,
    ...peerDependencies,
    ...(path === '' && devDependencies),
  }
  // A peer that is optional may not be there at all.
  return Object.keys(asked).flatMap((name) => resolveFrom(path, name, lock) ?? [])
}

/** As Node does: beside, then one folder further out each. */
function resolveFrom(from: string, name: string, lock: Lock): string | null {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf(MODULES) - 1))) {
    const path = at === '' ? MODULES + name : `${at}/${MODULES}${name}`
    if (lock[path]) return path
    if (at === '') return null
  }
}
