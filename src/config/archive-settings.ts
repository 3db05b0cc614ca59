/** What becomes of finished workflows: settings of our own, or what Argo's `persistence` says. */
import Type from 'typebox'
import { labelSelectorOf, parseGoDuration } from '../expressions/index.ts'
import type { LabelSelector } from '../expressions/index.ts'
import type { ArgoSettings } from './argo-settings.ts'
import { optionalText } from './connection-settings.ts'

const count = (description: string) => Type.Optional(Type.Integer({ minimum: 0, description }))

export const archiveSettings = Type.Optional(
  Type.Object(
    {
      enabled: Type.Optional(
        Type.Boolean({
          description: 'Finished workflows stay in the archive after they are deleted (Argo: persistence.archive).',
        }),
      ),
      ttl: optionalText(
        'How long after their end archived workflows are kept, such as `90d` (Argo: persistence.archiveTTL).',
      ),
      newest: count('How many archived workflows are kept, those that ended last; 0: all.'),
      hotNewest: count(
        'Finished workflows that stay in the hot tables; the others move to the archive; default 10000.',
      ),
      hotAge: optionalText('How long after their end finished workflows stay in the hot tables; default: for ever.'),
    },
    { additionalProperties: false },
  ),
)

export type ArchiveSettings = {
  readonly enabled?: boolean
  readonly ttl?: string
  readonly newest?: number
  readonly hotNewest?: number
  readonly hotAge?: string
}

export type ArchivePolicy = {
  readonly enabled: boolean
  readonly selector: LabelSelector
  /** `null`: for ever. */
  readonly ttlMs: number | null
  /** `null`: all. */
  readonly newest: number | null
  readonly hotNewest: number
  readonly hotAgeMs: number | null
}

/** @param problem is told what cannot be read, and under which setting it stands */
export function archivePolicyOf(
  own: ArchiveSettings = {},
  { persistence }: ArgoSettings,
  problem: (message: string, path: string) => void,
): ArchivePolicy {
  const durationMs = (path: string, given: string | undefined): number | null => {
    if (given === undefined || given === '' || given === '0') return null
    const days = /^(\d+)d$/.exec(given)?.[1]
    if (days !== undefined) return Number(days) * 86_400_000 || null
    const parsed = parseGoDuration(given)
    if (parsed.ok) return Number(parsed.value / 1_000_000n) || null
    problem(parsed.error, path)
    return null
  }
  const selector = labelSelectorOf(persistence?.archiveLabelSelector ?? {})
  if (!selector.ok) problem(selector.error, 'persistence.archiveLabelSelector')
  const enabled = own.enabled ?? persistence?.archive ?? false
  const argoTtl = persistence?.archive === true ? persistence.archiveTTL : undefined
  return {
    enabled,
    selector: selector.ok ? selector.value : [],
    ttlMs: own.ttl === undefined ? durationMs('persistence.archiveTTL', argoTtl) : durationMs('archive.ttl', own.ttl),
    newest: own.newest || null,
    hotNewest: own.hotNewest ?? 10_000,
    hotAgeMs: durationMs('archive.hotAge', own.hotAge),
  }
}

/** Settings that come to this policy, but for the selector, which is Argo's alone. */
export const archiveSettingsOf = ({ enabled, ttlMs, newest, hotNewest, hotAgeMs }: ArchivePolicy) => ({
  enabled,
  ttl: ttlMs === null ? '0' : `${ttlMs}ms`,
  newest: newest ?? 0,
  hotNewest,
  hotAge: hotAgeMs === null ? '0' : `${hotAgeMs}ms`,
})
