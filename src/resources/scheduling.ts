/** Where a pod may run and how it resolves names. */
import { LabelSelectorSchema } from './meta.ts'
import { type Static, int64, intOrText, list, object, text } from './schema.ts'

export const TolerationSchema = object(
  'Toleration',
  {},
  { effect: text(), key: text(), operator: text(), tolerationSeconds: int64(), value: text() },
)
export type Toleration = Static<typeof TolerationSchema>

export const HostAliasSchema = object('HostAlias', { ip: text() }, { hostnames: list(text()) })
export type HostAlias = Static<typeof HostAliasSchema>

export const PodDNSConfigOptionSchema = object('PodDNSConfigOption', {}, { name: text(), value: text() })
export type PodDNSConfigOption = Static<typeof PodDNSConfigOptionSchema>

export const PodDNSConfigSchema = object(
  'PodDNSConfig',
  {},
  { nameservers: list(text()), options: list(PodDNSConfigOptionSchema), searches: list(text()) },
)
export type PodDNSConfig = Static<typeof PodDNSConfigSchema>

export const PodResourceClaimSchema = object(
  'PodResourceClaim',
  { name: text() },
  { resourceClaimName: text(), resourceClaimTemplateName: text() },
)
export type PodResourceClaim = Static<typeof PodResourceClaimSchema>

export const PodDisruptionBudgetSpecSchema = object(
  'PodDisruptionBudgetSpec',
  {},
  {
    maxUnavailable: intOrText(),
    minAvailable: intOrText(),
    selector: LabelSelectorSchema,
    unhealthyPodEvictionPolicy: text(),
  },
)
export type PodDisruptionBudgetSpec = Static<typeof PodDisruptionBudgetSpecSchema>
