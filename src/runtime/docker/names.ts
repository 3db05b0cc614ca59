/** Names and labels of all we make in the engine: by them a restarted daemon finds its own, and only its own. */
import { UserError, nodeIdOf, podIdOf, workflowUid } from '../../resources/index.ts'
import type { PodId, PodIdentity, WorkflowUid } from '../../resources/index.ts'

export const label = {
  instance: 'io.drydock.instance',
  workflowUid: 'io.drydock.workflow-uid',
  workflow: 'io.drydock.workflow',
  namespace: 'io.drydock.namespace',
  pod: 'io.drydock.pod',
  podName: 'io.drydock.pod-name',
  nodeId: 'io.drydock.node-id',
  nodeName: 'io.drydock.node-name',
  container: 'io.drydock.container',
  /** `init`, `main`, `sidecar`; of our own helpers: `sandbox`, `network` (a pod's own), `volumes`, `claim`. */
  role: 'io.drydock.role',
  /** On sandboxes: machine and directory of the daemon that made them (strays.ts). */
  home: 'io.drydock.home',
  /** How the pod goes on after a start of the daemon (plan.ts), on each of its containers. */
  plan: 'io.drydock.plan',
} as const

/** User's names are DNS labels and cannot hold `_`, so our suffixes cannot clash with them. */
export const containerName = (pod: PodId, container: string): string => `drydock.${pod}.${container}`
/** The sandbox that holds the pod's network bears this name while the pod has it. */
export const sandboxNameOf = (pod: PodId): string => `drydock.${pod}._net`
export const freeSandboxName = (workflow: WorkflowUid, number: string): string => `drydock.${workflow}._net.${number}`
export const holderName = (pod: PodId): string => `drydock.${pod}._volumes`
export const podVolumeName = (pod: PodId, volume: string): string => `drydock.${pod}.${volume}`

/** The pod whose sandbox bears this name, or `null` for a free one. */
export function occupantOf(sandboxName: string): PodId | null {
  const match = /^drydock\.(.+)\._net$/.exec(sandboxName)
  return match?.[1] === undefined ? null : podIdOf(match[1])
}

export function identityLabels(instance: string, identity: PodIdentity): Record<string, string> {
  return {
    [label.instance]: instance,
    [label.workflowUid]: identity.workflowUid,
    [label.workflow]: identity.workflowName,
    [label.namespace]: identity.namespace,
    [label.pod]: identity.id,
    [label.podName]: identity.name,
    [label.nodeId]: identity.nodeId,
    [label.nodeName]: identity.nodeName,
  }
}

export function identityOf(labels: Readonly<Record<string, string>>): PodIdentity | null {
  const id = labels[label.pod]
  const uid = labels[label.workflowUid]
  if (id === undefined || uid === undefined) return null
  return {
    id: podIdOf(id),
    name: labels[label.podName] ?? '',
    namespace: labels[label.namespace] ?? '',
    workflowName: labels[label.workflow] ?? '',
    workflowUid: workflowUid(uid),
    nodeId: nodeIdOf(labels[label.nodeId] ?? ''),
    nodeName: labels[label.nodeName] ?? '',
  }
}

/** Ids become names of containers and of files, so nothing else may be in them. */
export function assertSafeId(id: string): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,199}$/.test(id) || id.includes('..')) {
    throw new UserError('BAD_POD_ID', `"${id}" cannot be part of a container's name`)
  }
}
