/** Where a pod may run and how it resolves names. */
import { LabelSelectorSchema } from './meta.ts'
import { type Static, int64, intOrText, kubernetesObject, list, text } from './schema.ts'

export const TolerationSchema = kubernetesObject('Toleration', {
  key: text(),
  operator: text(),
  value: text(),
  effect: text(),
  tolerationSeconds: int64(),
})
export type Toleration = Static<typeof TolerationSchema>

export const HostAliasSchema = kubernetesObject('HostAlias', { ip: text(), hostnames: list(text()) }, ['ip'])
export type HostAlias = Static<typeof HostAliasSchema>

export const PodDNSConfigOptionSchema = kubernetesObject('PodDNSConfigOption', { name: text(), value: text() })
export type PodDNSConfigOption = Static<typeof PodDNSConfigOptionSchema>

export const PodDNSConfigSchema = kubernetesObject('PodDNSConfig', {
  nameservers: list(text()),
  searches: list(text()),
  options: list(PodDNSConfigOptionSchema),
})
export type PodDNSConfig = Static<typeof PodDNSConfigSchema>

export const PodResourceClaimSchema = kubernetesObject(
  'PodResourceClaim',
  { name: text(), resourceClaimName: text(), resourceClaimTemplateName: text() },
  ['name'],
)
export type PodResourceClaim = Static<typeof PodResourceClaimSchema>

export const PodDisruptionBudgetSpecSchema = kubernetesObject('PodDisruptionBudgetSpec', {
  minAvailable: intOrText(),
  selector: LabelSelectorSchema,
  maxUnavailable: intOrText(),
  unhealthyPodEvictionPolicy: text(),
})
export type PodDisruptionBudgetSpec = Static<typeof PodDisruptionBudgetSpecSchema>
