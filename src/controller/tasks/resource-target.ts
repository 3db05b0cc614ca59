/** What a resource template's manifest and flags point at. */
import { parse as parseYaml } from 'yaml'
import { parseManifests } from '../../admission/index.ts'
import type { Workflow } from '../../resources/index.ts'
import type { ObjectKind, StoredObject } from '../port.ts'
import { ApiError } from '../port.ts'

export type Held = Workflow | StoredObject
export type HeldKind = 'Workflow' | ObjectKind

/** Resource names as kubectl takes them. */
const kindsByName: Readonly<Record<string, HeldKind>> = {
  workflow: 'Workflow',
  workflows: 'Workflow',
  wf: 'Workflow',
  workflowtemplate: 'WorkflowTemplate',
  workflowtemplates: 'WorkflowTemplate',
  wftmpl: 'WorkflowTemplate',
  clusterworkflowtemplate: 'ClusterWorkflowTemplate',
  clusterworkflowtemplates: 'ClusterWorkflowTemplate',
  cwft: 'ClusterWorkflowTemplate',
  cronworkflow: 'CronWorkflow',
  cronworkflows: 'CronWorkflow',
  cwf: 'CronWorkflow',
  configmap: 'ConfigMap',
  configmaps: 'ConfigMap',
  cm: 'ConfigMap',
  secret: 'Secret',
  secrets: 'Secret',
  persistentvolumeclaim: 'PersistentVolumeClaim',
  persistentvolumeclaims: 'PersistentVolumeClaim',
  pvc: 'PersistentVolumeClaim',
}

export type Target = {
  readonly kind: HeldKind
  readonly namespace: string
  readonly name: string
  readonly selector: string | null
}

type ReadManifest = { readonly kind: HeldKind; readonly resource: Held }

/** Where Argo's executor puts the manifest for kubectl. */
const manifestPath = '/tmp/manifest.yaml'
export const whileCreating = `error when creating "${manifestPath}": `

/** @param strict as for what is written: unknown fields are refused, in the words of the API server */
export function read(text: string, strict: boolean): ReadManifest {
  const { documents, problems } = parseManifests(text, { strict })
  const unknown = problems.map(({ message }) => message).filter((message) => message.startsWith('unknown field '))
  const [problem] = problems
  if (problem !== undefined && unknown.length < problems.length) throw new Error(unknownKind(text) ?? problem.message)
  const manifest = documents[0]?.manifest
  if (manifest && unknown.length > 0) {
    const version = (manifest.resource.apiVersion ?? '').split('/').pop() ?? ''
    throw new ApiError(
      'INVALID_ARGUMENT',
      `${whileCreating}${manifest.kind} in version "${version}" cannot be handled as a ${manifest.kind}: strict decoding error: ${unknown.join(', ')}`,
    )
  }
  if (!manifest) throw new Error('the manifest holds no object')
  return manifest
}

/** kubectl's words on a kind that the server does not know; `null` if that is not what is wrong. */
function unknownKind(text: string): string | null {
  const object: unknown = parseYaml(text)
  if (typeof object !== 'object' || object === null) return null
  const { kind, apiVersion, metadata } = object as {
    kind?: unknown
    apiVersion?: unknown
    metadata?: { name?: string; namespace?: string } | null
  }
  if (typeof kind !== 'string' || typeof apiVersion !== 'string' || kind.toLowerCase() in kindsByName) return null
  return `error: resource mapping not found for name: "${metadata?.name ?? ''}" namespace: "${metadata?.namespace ?? ''}" from "${manifestPath}": no matches for kind "${kind}" in version "${apiVersion}"
ensure CRDs are installed first`
}

export function targetOf({ kind, resource }: ReadManifest, namespace: string): Target {
  return {
    kind,
    namespace: resource.metadata?.namespace || namespace,
    name: resource.metadata?.name ?? '',
    selector: null,
  }
}

/** `[workflow, name]`, `workflow/name`, `-l a=b`, `-n namespace`; other flags are passed over. */
export function targetOfFlags(flags: readonly string[], namespace: string): Target {
  const words: string[] = []
  const options: Record<string, string> = {}
  const names: Readonly<Record<string, string>> = {
    '-l': 'selector',
    '--selector': 'selector',
    '-n': 'namespace',
    '--namespace': 'namespace',
  }
  for (let i = 0; i < flags.length; i += 1) {
    const [flag = '', value] = splitFlag(flags[i] ?? '')
    const option = names[flag]
    if (option !== undefined) options[option] = value ?? flags[(i += 1)] ?? ''
    else if (!flag.startsWith('-')) words.push(...(flags[i] ?? '').split('/'))
  }
  const [plural = '', name = ''] = words
  const kind = kindsByName[plural.toLowerCase().split('.')[0] ?? '']
  if (kind === undefined) throw new Error(`error: the server doesn't have a resource type "${plural}"`)
  return {
    kind,
    namespace: options['namespace'] ?? namespace,
    name,
    selector: name === '' ? (options['selector'] ?? '') : null,
  }
}

function splitFlag(flag: string): readonly [string, string?] {
  const at = flag.startsWith('-') ? flag.indexOf('=') : -1
  return at < 0 ? [flag] : [flag.slice(0, at), flag.slice(at + 1)]
}
