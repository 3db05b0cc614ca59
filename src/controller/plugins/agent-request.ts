/** The pod that runs a workflow's plugins: Argo's agent pod without the agent, whose work the daemon does itself. */
import { createHmac } from 'node:crypto'
import { checkPodPolicy } from '../../admission/index.ts'
import type { SecurityPolicy } from '../../admission/index.ts'
import type { PodPlan } from '../../engine/index.ts'
import { fnv32a } from '../../expressions/index.ts'
import type { Container, ExecutorPlugin, PodId, PodRequest, WorkflowUid } from '../../resources/index.ts'
import { UserError, nodeIdOf, podIdOf } from '../../resources/index.ts'
import { podRequest } from '../pods/request.ts'
import type { RequestContext } from '../pods/request.ts'
import { answersUntilRemoved } from './service-pods.ts'

export type AgentOwner = {
  readonly uid: WorkflowUid
  readonly namespace: string
  readonly name: string
  readonly imagePullSecrets?: readonly { readonly name?: string }[]
}

/** Whom Argo's agent pod runs as, unless a plugin's container says otherwise. */
const agentUser = 8737
const tokenFolder = '/var/run/argo'

export const agentPodId = (uid: string): PodId => podIdOf(`${uid}.agent`)

/** Each plugin has a token of its own; derived, so that a restarted daemon knows it. */
export const tokenOf = (key: string, uid: string, container: string): string =>
  createHmac('sha256', key).update(`${uid}/${container}`).digest('base64url')

export const containerNameOf = ({ metadata, spec }: ExecutorPlugin): string =>
  spec.sidecar.container.name || (metadata.name ?? 'plugin')

/** Where the plugin listens: its first port. */
export const portOf = ({ spec }: ExecutorPlugin): number =>
  Number(spec.sidecar.container.ports?.[0]?.containerPort ?? 0)

/** @throws UserError POLICY, or for what can never run; NotYet while something that a plugin refers to is missing */
export function agentRequest(
  owner: AgentOwner,
  plugins: readonly ExecutorPlugin[],
  { key, policy, context }: { readonly key: string; readonly policy: SecurityPolicy; readonly context: RequestContext },
): PodRequest {
  const plan = planOf(owner, plugins)
  const [breach] = checkPodPolicy(plan.spec, policy)
  if (breach !== undefined)
    throw new UserError('POLICY', breach.rule === undefined ? breach.message : `${breach.message} (${breach.rule})`)
  const request = podRequest(plan, context)
  const volumeOf = (container: string) => `token-${container}`
  return {
    ...request,
    restartOnFailure: true,
    containers: request.containers.map((container) => ({
      ...container,
      mounts: [...container.mounts, { volume: volumeOf(container.name), mountPath: tokenFolder, readOnly: true }],
    })),
    volumes: [
      ...request.volumes,
      ...request.containers.map(({ name }) => {
        const content = new TextEncoder().encode(tokenOf(key, owner.uid, name))
        return {
          kind: 'files' as const,
          name: volumeOf(name),
          secret: true,
          files: [{ path: 'token', content, mode: 0o444 }],
        }
      }),
    ],
  }
}

function planOf({ uid, namespace, name, imagePullSecrets }: AgentOwner, plugins: readonly ExecutorPlugin[]): PodPlan {
  const id = `${name}-${fnv32a('agent')}-agent`
  const containers = plugins.map((plugin): Container => {
    const { spec } = plugin
    return { ...spec.sidecar.container, name: containerNameOf(plugin) }
  })
  return {
    identity: {
      id: agentPodId(uid),
      name: id,
      namespace,
      workflowName: name,
      workflowUid: uid,
      nodeId: nodeIdOf(id),
      nodeName: id,
    },
    labels: {
      'workflows.argoproj.io/workflow': name,
      'workflows.argoproj.io/completed': 'false',
      'workflows.argoproj.io/component': 'agent',
    },
    annotations: {},
    spec: {
      containers,
      securityContext: { runAsNonRoot: true, runAsUser: agentUser },
      ...(imagePullSecrets === undefined ? {} : { imagePullSecrets }),
    },
    mains: containers.map((container) => container.name ?? ''),
    ...answersUntilRemoved,
  }
}
