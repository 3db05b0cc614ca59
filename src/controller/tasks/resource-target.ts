/** What a resource template's manifest and flags point at. */
import { parseManifests } from '../../admission/index.ts'
import type { Workflow } from '../../resources/index.ts'
import type { ObjectKind, StoredObject } from '../port.ts'

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

export function read(text: string, strict = true): ReadManifest {
  const { documents, problems } = parseManifests(text, { strict })
  const [problem] = problems
  if (problem !== undefined) throw new Error(problem.message)
  const manifest = documents[0]?.manifest
  if (!manifest) throw new Error('the manifest holds no object')
  return manifest
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
