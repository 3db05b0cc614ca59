/** Workflows as clients need them: metadata, spec and status always there, absent times as `null`. */
import type { Workflow } from '../../resources/index.ts'
import type { JsonObject } from '../http/body.ts'
import { isObject } from '../http/body.ts'

/** @param nodes `false` leaves `status.nodes` out without reading it, since reading may copy them all */
export function workflowJson(workflow: Workflow, { nodes = true }: { readonly nodes?: boolean } = {}): JsonObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: metadataJson(workflow.metadata),
    spec: workflow.spec ?? {},
    status: statusJson(workflow.status ?? {}, nodes),
  }
}

/** Argo's UI compares creation times and reads annotations without looking whether they are there. */
function metadataJson(metadata: Workflow['metadata'] | undefined): JsonObject {
  return {
    ...metadata,
    creationTimestamp: metadata?.creationTimestamp ?? null,
    labels: metadata?.labels ?? {},
    annotations: metadata?.annotations ?? {},
  }
}

function statusJson(status: NonNullable<Workflow['status']>, nodes: boolean): JsonObject {
  const json: Record<string, unknown> = { startedAt: null, finishedAt: null }
  for (const key of Object.keys(status) as (keyof typeof status)[]) {
    if (key === 'nodes' && !nodes) continue
    const value = status[key]
    if (value !== undefined && value !== '') json[key] = value
  }
  // Logs of a started workflow are looked up in `nodes` unguarded.
  if (nodes && status.phase && json['nodes'] === undefined) json['nodes'] = {}
  return json
}

/** The members that clients read whatever `fields` says. */
export function withMandatoryMembers(workflow: object): JsonObject {
  const { metadata, spec, status, ...rest } = workflow as JsonObject
  return {
    ...rest,
    metadata: isObject(metadata) ? metadata : {},
    spec: isObject(spec) ? spec : {},
    status: { startedAt: null, finishedAt: null, ...(isObject(status) ? status : {}) },
  }
}

/** What Argo's archive answers in a list. */
export function archiveItemJson({ metadata, spec, status }: Workflow): JsonObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      uid: metadata.uid,
      creationTimestamp: metadata.creationTimestamp ?? null,
      labels: metadata.labels ?? {},
      annotations: metadata.annotations ?? {},
    },
    spec: { suspend: spec?.suspend, arguments: spec?.arguments ?? {} },
    status: {
      phase: status?.phase,
      startedAt: status?.startedAt ?? null,
      finishedAt: status?.finishedAt ?? null,
      progress: status?.progress,
      message: status?.message,
      estimatedDuration: status?.estimatedDuration,
      resourcesDuration: status?.resourcesDuration,
    },
  }
}
