/** Everything that is needed to run a pod, as one value: the engine's side of Argo's pod building (semantics-templates.md §2, §9.5, §10). */
import type { Affinity, Metadata } from '../resources/index.ts'
import { workflowUid } from '../resources/index.ts'
import { Body } from './body.ts'
import type { KubernetesPodSpec, PodPlan } from './effects.ts'
import type { Outcome } from './outcome.ts'
import { good } from './outcome.ts'
import { planArtifacts } from './pod-artifacts.ts'
import type { Run } from './run.ts'
import { shapeOf } from './pod-shape.ts'

/** @param limitMs milliseconds that `timeout` and maxDuration leave, or null */
export function buildPodPlan(body: Body, limitMs: number | null): Outcome<PodPlan> {
  const { run, template } = body
  const shape = shapeOf(body)
  if (!shape.ok) return shape
  const podName = body.execution.podNameOf(body.nodeName, template)
  const artifacts = planArtifacts(run, body.processed, podName)
  if (!artifacts.ok) return artifacts
  const { spec, mains, sidecars, containerSet, files, outputParameters, terminationGraceMs, mirrors } = shape.value
  const { inputArtifacts, outputArtifacts, logArtifacts } = artifacts.value
  // One by one and not spread: this runs once a pod.
  return good({
    identity: {
      id: run.podIdOf(body.nodeName),
      name: podName,
      namespace: run.namespace,
      workflowName: run.name,
      workflowUid: workflowUid(run.uid),
      nodeId: run.idOf(body.nodeName),
      nodeName: body.nodeName,
    },
    labels: labelsOf(body),
    annotations: annotationsOf(body),
    spec: elsewhere(body, spec),
    mains,
    sidecars,
    ...(containerSet === undefined ? noSet : { containerSet }),
    files,
    outputParameters,
    terminationGraceMs,
    mirrors,
    inputArtifacts,
    outputArtifacts,
    logArtifacts,
    captureResult: body.execution.call.resultWanted,
    activeDeadlineMs: deadlineOf(body, limitMs),
    daemon: template.daemon === true,
  })
}
const noSet = Object.freeze({})

const layersOf = ({ run, template, execution }: Body): readonly (Metadata | undefined)[] => [
  execution.resolved?.podMetadata,
  run.spec.podMetadata,
  template.metadata,
]

function labelsOf(body: Body): Readonly<Record<string, string>> {
  const { run, template, execution } = body
  const isBare = !execution.resolved?.podMetadata && !run.spec.podMetadata && !template.metadata
  if (isBare && !execution.call.inExitHandler) {
    const known = bareLabels.get(run)
    if (known !== undefined) return known
  }
  const labels: Record<string, string> = {}
  for (const layer of layersOf(body)) if (layer?.labels) Object.assign(labels, layer.labels)
  labels['workflows.argoproj.io/workflow'] = run.name
  labels['workflows.argoproj.io/completed'] = 'false'
  if (execution.call.inExitHandler) labels['workflows.argoproj.io/on-exit'] = 'true'
  else if (isBare) bareLabels.set(run, labels)
  return labels
}

/** Those that every pod has; of most pods they are all, and shared. */
const bareLabels = new WeakMap<Run, Readonly<Record<string, string>>>()

function annotationsOf(body: Body): Readonly<Record<string, string>> {
  const own = {
    'workflows.argoproj.io/node-id': body.run.idOf(body.nodeName),
    'workflows.argoproj.io/node-name': body.nodeName,
  }
  const layers = layersOf(body)
  return layers.every((layer) => layer?.annotations === undefined)
    ? own
    : Object.assign({}, ...layers.map((layer) => layer?.annotations), own)
}

const hostLabel = 'kubernetes.io/hostname'

/** With `retryStrategy.affinity.nodeAntiAffinity` another attempt runs on none of the hosts where one has failed. */
function elsewhere({ run, execution, attempt, parent }: Body, spec: KubernetesPodSpec): KubernetesPodSpec {
  if (attempt === null || attempt.index === 0) return spec
  if (execution.retryStrategy()?.affinity?.nodeAntiAffinity === undefined) return spec
  const retried = parent instanceof Body ? parent.node : undefined
  const hosts = new Set(
    (retried?.children ?? []).flatMap((id) => {
      const before = run.nodes.get(id)
      const hasFailed = before?.phase === 'Failed' || before?.phase === 'Error'
      return hasFailed && before.hostNodeName ? [before.hostNodeName] : []
    }),
  )
  return hosts.size === 0 ? spec : { ...spec, affinity: avoiding([...hosts], spec.affinity) }
}

/** Every term must hold it, for one that fits is enough. */
function avoiding(hosts: readonly string[], affinity: Affinity = {}): Affinity {
  const { nodeAffinity = {} } = affinity
  const terms = nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}]
  const notThere = { key: hostLabel, operator: 'NotIn', values: [...hosts] }
  const nodeSelectorTerms = terms.map((term) => ({
    ...term,
    matchExpressions: [...(term.matchExpressions ?? []), notThere],
  }))
  return {
    ...affinity,
    nodeAffinity: { ...nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  }
}

/** The least of the template's own limit, what its timeout leaves, and what the workflow's deadline leaves. */
function deadlineOf(body: Body, limitMs: number | null): number | null {
  const { run, template, execution } = body
  const limits: number[] = limitMs === null ? [] : [limitMs]
  const own = template.activeDeadlineSeconds
  if (own !== undefined && own !== null && !Number.isNaN(Number(own)) && Number(own) > 0)
    limits.push(Number(own) * 1000)
  const deadline = run.deadline()
  if (deadline !== null && !execution.call.inExitHandler) limits.push(Math.max(0, deadline - run.now))
  return limits.length === 0 ? null : Math.min(...limits)
}
