// Semantic versions and constraints on them.

import type { Group } from './table.ts'
import { goType } from '../expr/go-types.ts'
import { GoFunc, GoObject, panic, uint64 } from '../expr/values.ts'

export type Version = {
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  readonly pre: string
  readonly metadata: string
  readonly original: string
}

const UINT64_MAX = (1n << 64n) - 1n
const loose =
  /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/

/** A version, with missing parts as 0. Panics with the library's words. */
export function parseVersion(text: string): Version {
  const m = loose.exec(text)
  if (m === null) return panic('invalid semantic version')
  const part = (digits = '0'): bigint => {
    const value = BigInt(digits)
    if (value > UINT64_MAX)
      panic(`error parsing version segment: strconv.ParseUint: parsing "${digits}": value out of range`)
    return value
  }
  const [major, minor, patch] = [part(m[1]), part(m[2]), part(m[3])]
  const pre = m[4] ?? ''
  if (pre.split('.').some((p) => /^0\d+$/.test(p))) panic('version segment starts with 0')
  return { major, minor, patch, pre, metadata: m[5] ?? '', original: text }
}

export function showVersion(v: Version): string {
  return `${v.major}.${v.minor}.${v.patch}${v.pre === '' ? '' : `-${v.pre}`}${v.metadata === '' ? '' : `+${v.metadata}`}`
}

/** Below, at or above zero; metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  for (const key of ['major', 'minor', 'patch'] as const) if (a[key] !== b[key]) return a[key] < b[key] ? -1 : 1
  if (a.pre === b.pre) return 0
  if (a.pre === '' || b.pre === '') return a.pre === '' ? 1 : -1
  const [x, y] = [a.pre.split('.'), b.pre.split('.')]
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const order = comparePieces(x[i], y[i])
    if (order !== 0) return order
  }
  return 0
}

function comparePieces(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1
  const [x, y] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (x && y) return BigInt(a) < BigInt(b) ? -1 : 1
  // Numbers come before texts.
  if (x !== y) return x ? -1 : 1
  return a < b ? -1 : 1
}

type Constraint = {
  readonly operator: string
  readonly version: Version
  /** Parts left out or written as `x`. */
  readonly dirty: boolean
  readonly minorDirty: boolean
  readonly patchDirty: boolean
}

const piece = '[0-9|xX*]+'
const version = `v?(${piece})(\\.${piece})?(\\.${piece})?(-[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?(\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?`
const plainVersion = version.replaceAll(/\((?!\?)/g, '(?:')
const operators = '!=|>=|=>|<=|=<|~>|=|>|<|~|\\^|'
const one = new RegExp(`^\\s*(${operators})\\s*${version}\\s*$`)
const each = new RegExp(`(?:${operators})\\s*${plainVersion}`, 'g')
const several = new RegExp(
  `^(?:\\s*(?:${operators})\\s*${plainVersion}\\s*)(?:(?:\\s+|,\\s*)(?:${operators})\\s*${plainVersion}\\s*)*$`,
)
const range = new RegExp(`\\s*(${plainVersion})\\s+-\\s+(${plainVersion})\\s*`, 'g')
const CONSTRAINT_MAX = 2_000

/** Alternatives of constraints that must all hold. */
function parseConstraints(text: string): readonly (readonly Constraint[])[] {
  if (text.length > CONSTRAINT_MAX) return panic('improper constraint: too long')
  const simple = text.replace(range, (_, low: string, high: string) => `>= ${low}, <= ${high} `)
  return simple.split('||').map((alternative) => {
    if (!several.test(alternative)) return panic(`improper constraint: ${alternative}`)
    return (alternative.match(each) ?? [alternative]).map(parseConstraint)
  })
}

function parseConstraint(text: string): Constraint {
  const m = one.exec(text)
  if (m === null) return panic(`improper constraint: ${text}`)
  const isOpen = (part: string | undefined): boolean => part === undefined || /^\.?[xX*]$/.test(part)
  const [, operator = '', major = '', minor, patch, pre = ''] = m
  const level = isOpen(major) ? 0 : isOpen(minor) ? 1 : isOpen(patch) ? 2 : 3
  const written =
    [
      `0.0.0${pre}`,
      `${major}.0.0${pre}`,
      `${major}${minor ?? ''}.0${pre}`,
      `${major}${minor ?? ''}${patch ?? ''}${pre}`,
    ][level] ?? ''
  if (!loose.test(written)) return panic('constraint parser error')
  return {
    operator,
    version: parseVersion(written),
    dirty: level < 3,
    minorDirty: level === 1,
    patchDirty: level === 2,
  }
}

/** Whether a version fulfils a constraint text. */
export function satisfies(constraint: string, text: string): boolean {
  const alternatives = parseConstraints(constraint)
  const v = parseVersion(text)
  return alternatives.some((all) => {
    const prereleases = all.some((c) => c.version.pre !== '')
    return all.every((c) => (v.pre === '' || prereleases) && holds(c, v))
  })
}

function holds(c: Constraint, v: Version): boolean {
  const order = compareVersions(v, c.version)
  const sameMajor = v.major === c.version.major
  const sameMinor = v.minor === c.version.minor
  switch (c.operator) {
    case '!=':
      return differs(c, v)
    case '>':
      if (!c.dirty) return order > 0
      if (!sameMajor) return v.major > c.version.major
      return c.minorDirty ? false : c.patchDirty ? v.minor > c.version.minor : order > 0
    case '<':
      return order < 0
    case '>=':
    case '=>':
      return order >= 0
    case '<=':
    case '=<':
      if (!c.dirty) return order <= 0
      return v.major < c.version.major || (sameMajor && (c.minorDirty || v.minor <= c.version.minor))
    case '~':
    case '~>':
      return order >= 0 && isWithinTilde(c, sameMajor, sameMinor)
    case '^':
      return order >= 0 && isWithinCaret(c, v)
    default:
      return c.dirty ? order >= 0 && isWithinTilde(c, sameMajor, sameMinor) : order === 0
  }
}

function differs(c: Constraint, v: Version): boolean {
  if (!c.dirty) return compareVersions(v, c.version) !== 0
  if (c.version.major !== v.major) return true
  if (c.minorDirty) return false
  if (c.version.minor !== v.minor) return true
  if (c.patchDirty) return v.pre !== c.version.pre
  return compareVersions(v, c.version) !== 0
}

function isWithinTilde(c: Constraint, sameMajor: boolean, sameMinor: boolean): boolean {
  const { major, minor, patch } = c.version
  if (major === 0n && minor === 0n && patch === 0n && !c.minorDirty && !c.patchDirty) return true
  return sameMajor && (sameMinor || c.minorDirty)
}

/** The leftmost part that is not 0 stays. */
function isWithinCaret(c: Constraint, v: Version): boolean {
  if (c.version.major > 0n || c.minorDirty) return v.major === c.version.major
  if (v.major > 0n) return false
  if (c.version.minor > 0n || c.patchDirty) return v.minor === c.version.minor
  return v.minor === 0n && v.patch === c.version.patch
}

const POINTER = goType('*semver.Version')

function versionObject(v: Version): GoObject {
  const methods = new Map<string, GoFunc>()
  const add = (name: string, signature: string, run: (other: Version, arg: unknown) => unknown): void => {
    const call = (args: readonly unknown[]): unknown => {
      const [arg] = args
      // The only objects of this type are made here, around a Version.
      return run(arg instanceof GoObject ? (arg.data as Version) : v, arg)
    }
    methods.set(name, new GoFunc(goType(`func${signature}`), call))
  }
  const compared = (name: string, test: (order: number) => boolean): void =>
    add(name, '(*semver.Version) bool', (other) => test(compareVersions(v, other)))
  for (const [name, value] of [
    ['Major', v.major],
    ['Minor', v.minor],
    ['Patch', v.patch],
  ] as const)
    add(name, '() uint64', () => uint64(value))
  for (const [name, value] of [
    ['Prerelease', v.pre],
    ['Metadata', v.metadata],
    ['Original', v.original],
    ['String', showVersion(v)],
  ] as const)
    add(name, '() string', () => value)
  add('Compare', '(*semver.Version) int', (other) => BigInt(Math.sign(compareVersions(v, other))))
  compared('LessThan', (order) => order < 0)
  compared('LessThanEqual', (order) => order <= 0)
  compared('GreaterThan', (order) => order > 0)
  compared('GreaterThanEqual', (order) => order >= 0)
  compared('Equal', (order) => order === 0)
  const next = (changes: Partial<Version>): GoObject => {
    const changed = { ...v, pre: '', metadata: '', ...changes }
    const prefix = v.original.startsWith('v') ? 'v' : ''
    return versionObject({ ...changed, original: prefix + showVersion(changed) })
  }
  add('IncPatch', '() semver.Version', () => next(v.pre === '' ? { patch: v.patch + 1n } : {}))
  add('IncMinor', '() semver.Version', () => next({ minor: v.minor + 1n, patch: 0n }))
  add('IncMajor', '() semver.Version', () => next({ major: v.major + 1n, minor: 0n, patch: 0n }))
  add('SetPrerelease', '(string) (semver.Version, error)', (_, pre) => next({ pre: String(pre), metadata: v.metadata }))
  add('SetMetadata', '(string) (semver.Version, error)', (_, metadata) =>
    next({ pre: v.pre, metadata: String(metadata) }),
  )
  return new GoObject({ type: POINTER, data: v, methods, text: showVersion(v) })
}

export const semverFunctions: Group = () => ({
  semver: ['(string) (*semver.Version, error)', (text: string) => versionObject(parseVersion(text))],
  semverCompare: ['(string, string) (bool, error)', satisfies],
})
