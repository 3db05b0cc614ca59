/** The security context of a container over that of its pod. */
import type { PodSecurityContext, SecurityContext, SecurityRequest } from '../../resources/index.ts'

export function securityOf(own: SecurityContext | undefined, pod: PodSecurityContext | undefined): SecurityRequest {
  const user = own?.runAsUser ?? pod?.runAsUser
  const group = own?.runAsGroup ?? pod?.runAsGroup
  const nonRoot = own?.runAsNonRoot ?? pod?.runAsNonRoot
  const { add, drop } = own?.capabilities ?? {}
  return {
    ...(user === undefined ? {} : { user: String(user) }),
    ...(group === undefined ? {} : { group: String(group) }),
    ...(pod?.supplementalGroups === undefined ? {} : { supplementalGroups: pod.supplementalGroups }),
    ...(pod?.fsGroup === undefined ? {} : { fsGroup: pod.fsGroup }),
    ...(own?.privileged === true ? { privileged: true } : {}),
    ...(own?.readOnlyRootFilesystem === true ? { readOnlyRootFilesystem: true } : {}),
    ...(add === undefined ? {} : { capabilitiesAdd: add }),
    ...(drop === undefined ? {} : { capabilitiesDrop: drop }),
    ...(own?.allowPrivilegeEscalation === false ? { noNewPrivileges: true } : {}),
    ...(nonRoot === undefined ? {} : { runAsNonRoot: nonRoot }),
    ...(pod?.sysctls === undefined
      ? {}
      : { sysctls: Object.fromEntries(pod.sysctls.map(({ name, value }) => [name, value])) }),
  }
}
