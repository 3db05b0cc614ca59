/** Creating workflows: defaults, validation, name and UID, one commit. */
import { validateWorkflow } from '../../admission/index.ts'
import type { Problem } from '../../admission/index.ts'
import { internalOf } from '../../engine/index.ts'
import type { NodeStatus, Workflow } from '../../resources/index.ts'
import { WorldError, instant, instantOf, nodeIdOf, rfc3339 } from '../../resources/index.ts'
import type { Change, WorkflowRow } from '../../store/port.ts'
import { objectKey } from '../../store/port.ts'
import { admit } from '../admit.ts'
import { persevere } from '../back-off.ts'
import { workflowRow } from '../commit.ts'
import type { Core } from '../core.ts'
import type { LiveRun } from '../live-run.ts'
import { viewOf } from '../live-run.ts'
import { generatedName } from '../names.ts'
import { openCreated } from '../open-run.ts'
import type { CreateOptions } from '../port.ts'
import { ApiError } from '../port.ts'
import { alreadyExists } from '../refusals.ts'
import { pluginProblems } from '../plugins/template-problems.ts'
import { templateLookup } from '../world.ts'
import { announce, announceLive } from './announce.ts'

/** Some minutes of a store that does not answer. */
const looksMax = 30
/** Names that are drawn for one workflow: of ten thousand some are the same. Kubernetes tries as often. */
const drawsMax = 8
const instanceLabel = 'workflows.argoproj.io/controller-instanceid'

export async function createWorkflow(
  core: Core,
  namespace: string,
  given: Workflow,
  options: CreateOptions = {},
): Promise<Workflow> {
  const workflow = completed(core, namespaceFor(core, namespace, given), given, options)
  let problems = problemsOf(core, workflow)
  if (problems.length > 0 && core.fleet !== null) {
    // What it refers to may have been made at another controller a moment ago.
    await core.fleet.catchUp()
    problems = problemsOf(core, workflow)
  }
  refuse(problems, () => core.telemetry.manifestRefused('Workflow'))
  if (options.dryRun === 'client') return given
  if (options.dryRun === 'server') return workflow
  const { nodes = {}, ...status } = workflow.status ?? {}
  const complete = { ...workflow, status }
  const isDrawn = !options.name && !given.metadata?.name
  for (let tries = 1; ; tries += 1) {
    const name = tries === 1 ? complete.metadata.name : generatedName(core.random, complete.metadata.generateName ?? '')
    try {
      const named = { ...complete, metadata: { ...complete.metadata, name } }
      return await store(core, { workflow: named, nodes: Object.values(nodes), along: options.along })
    } catch (error) {
      const isTaken = error instanceof ApiError && error.code === 'ALREADY_EXISTS'
      if (!isTaken || !isDrawn || tries >= drawsMax) throw error
    }
  }
}

/** What admission says of a workflow, policy included. */
export function problemsOf(core: Core, workflow: Workflow, mode: 'plain' | 'lint' | 'submit' = 'plain'): Problem[] {
  const problems = validateWorkflow(workflow, {
    mode,
    lookup: templateLookup(core.objects),
    namespace: core.config.defaultNamespace,
    policy: core.config.policy,
    workflowDefaults: core.config.engine.workflowDefaults,
  })
  return problems.length > 0 ? problems : pluginProblems(core.inProcess, workflow.spec?.templates)
}

/** @throws ApiError with Argo's words for the first problem, if there is one */
export function refuse(problems: readonly Problem[], count: () => void = () => {}): void {
  const [first] = problems
  if (first === undefined) return
  count()
  throw new ApiError('INVALID_ARGUMENT', first.message, problems)
}

export function namespaceFor(
  core: Core,
  fromPath: string,
  { metadata }: { readonly metadata?: { readonly namespace?: string } },
): string {
  const own = metadata?.namespace
  if (own && fromPath && own !== fromPath)
    throw new ApiError(
      'INVALID_ARGUMENT',
      `the namespace of the provided object does not match the namespace sent on the request`,
    )
  return own || fromPath || core.config.defaultNamespace
}

function completed(core: Core, namespace: string, given: Workflow, options: CreateOptions): Workflow {
  const { metadata = {}, spec = {}, status } = given
  const { generateName } = metadata
  const name = options.name ?? (metadata.name || (generateName ? generatedName(core.random, generateName) : ''))
  if (name === '') throw new ApiError('INVALID_ARGUMENT', 'name or generateName is required')
  const { instanceId } = core.config.engine
  const labels = {
    ...metadata.labels,
    ...options.labels,
    ...(instanceId === undefined ? {} : { [instanceLabel]: instanceId }),
  }
  const owners = [
    ...(metadata.ownerReferences ?? []),
    ...((options.ownerReferences ?? []) as NonNullable<typeof metadata.ownerReferences>),
  ]
  const { resourceVersion: _old, deletionTimestamp: _gone, managedFields: _fields, selfLink: _link, ...kept } = metadata
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: {
      ...kept,
      name,
      namespace,
      uid: core.random.uuid(),
      creationTimestamp: rfc3339(core.clock.now()),
      generation: 1,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(metadata.annotations === undefined && options.annotations === undefined
        ? {}
        : { annotations: { ...metadata.annotations, ...options.annotations } }),
      ...(owners.length === 0 ? {} : { ownerReferences: owners }),
    },
    spec,
    // Only a memoized resubmission brings a status along.
    status: status?.nodes === undefined ? {} : status,
  }
}

type New = {
  readonly workflow: Workflow
  readonly nodes: readonly NodeStatus[]
  readonly along: CreateOptions['along']
}

async function store(core: Core, made: New): Promise<Workflow> {
  const { namespace = '', name = '' } = made.workflow.metadata
  if (core.runs.byName(namespace, name) !== undefined || core.creating.has(namespace, name))
    throw alreadyExists('Workflow', name)
  return core.creating.during(namespace, name, () => storeNew(core, made))
}

async function storeNew(core: Core, made: New): Promise<Workflow> {
  const { workflow, nodes } = made
  if (await isThere(core, workflow.metadata)) throw alreadyExists('Workflow', workflow.metadata.name ?? '')
  const owner = core.fleet?.ownerOf(workflow)
  if (owner !== undefined && owner !== core.fleet?.name) return storeFor(core, owner, made)
  const live = openCreated(core, workflow, nodes)
  live.held = !mayBegin(core, live, workflow)
  await commit(core, live, made)
  // Its turn may have come meanwhile, when nobody knew it yet.
  if (live.held) live.held = !mayBegin(core, live, workflow)
  core.runs.add(live)
  announceLive(core.hub, live, 'ADDED')
  lookFirst(core, live)
  return viewOf(live, { nodes: true })
}

/** Another controller is to have it: it begins once that has heard of it. */
async function storeFor(core: Core, owner: string, made: New): Promise<Workflow> {
  const live = openCreated(core, made.workflow, made.nodes)
  await commit(core, live, made, owner)
  const stored = viewOf(live, { nodes: true })
  announce(core.hub, stored, 'ADDED', live.resourceVersion)
  return stored
}

/** One that has only left the hot tables still has its name. A name that was drawn is not looked for there. */
async function isThere(
  { store }: Core,
  { namespace = '', name = '', generateName }: Workflow['metadata'],
): Promise<boolean> {
  const [hot, moved] = await Promise.all([
    store.workflow(namespace, name),
    generateName ? null : store.archive.named(namespace, name, { deleted: false }),
  ])
  return hot !== null || moved !== null
}

/** Argo's `initialDelay`; what somebody asks of the workflow meanwhile is done at once. */
function lookFirst(core: Core, live: LiveRun): void {
  const { initialDelayMs = 0 } = core.config
  if (initialDelayMs <= 0) return core.reconciler.look(live.uid)
  const at = instant(core.clock.now() + initialDelayMs)
  core.alarms.set(`run/${live.uid}`, at, () => core.reconciler.look(live.uid))
}

async function commit(
  core: Core,
  live: LiveRun,
  { workflow, nodes, along }: New,
  owner = core.fleet?.name,
): Promise<void> {
  const own = workflowRow(viewOf(live, { nodes: false }), { internal: internalOf(live.run), finished: false })
  const row = owner === undefined ? own : { ...own, owner }
  const changes: Change[] = [{ kind: 'putWorkflow', row }, ...core.owners.changesFor(workflow)]
  if (nodes.length > 0)
    changes.push({ kind: 'putNodes', uid: live.uid, nodes: nodes.map((node) => ({ id: nodeIdOf(node.id), node })) })
  try {
    const versions =
      along === undefined
        ? (await core.store.commit(changes)).versions
        : await core.objects.step(along, (current) => along.step(current, viewOf(live, { nodes: false })), changes)
    live.resourceVersion = versions.get(objectKey('Workflow', live.namespace, live.name)) ?? 0
  } catch (error) {
    const isTaken = error instanceof WorldError && error.code === 'STORE_CONFLICT'
    const stored = isTaken ? null : await storedAfterAll(core, live)
    if (stored !== null) {
      if (along !== undefined) await follow(core, along)
      live.resourceVersion = stored.resourceVersion
      return
    }
    for (const uid of core.parallelism.leave(live.uid)) admit(core, uid)
    if (isTaken) throw (await outdatedError(core, along)) ?? alreadyExists('Workflow', live.name)
    if (error instanceof ApiError) throw error
    throw new ApiError('UNAVAILABLE', error instanceof Error ? error.message : String(error))
  }
}

async function outdatedError({ store, clock }: Core, along: CreateOptions['along']): Promise<ApiError | null> {
  if (along === undefined) return null
  const { kind, namespace, name, resourceVersion } = along
  const row = await persevere(() => store.object(kind, namespace, name), { clock, triesMax: looksMax })
  if (row?.resourceVersion === resourceVersion) return null
  return new ApiError('FAILED_PRECONDITION', `${kind} ${name} has changed`)
}

/** Reads what was stored without our hearing of it. A store that stays away keeps nobody waiting for ever. */
async function follow({ objects, clock }: Core, along: NonNullable<CreateOptions['along']>): Promise<void> {
  await persevere(() => objects.reread(along), { clock, triesMax: looksMax }).catch(() => undefined)
}

/** The row where only the answer of the commit was lost; a workflow that nobody runs would lie there else. */
async function storedAfterAll(core: Core, live: LiveRun): Promise<WorkflowRow | null> {
  const look = () => core.store.workflowByUid(live.uid)
  return persevere(look, { clock: core.clock, triesMax: looksMax }).catch(() => null)
}

/** Whether the limits on workflows at once let it begin. */
export function mayBegin(core: Core, live: LiveRun, { metadata, spec, status }: Workflow): boolean {
  const applicant = {
    uid: live.uid,
    namespace: live.namespace,
    priority: spec?.priority ?? 0,
    createdAt: instantOf(metadata.creationTimestamp) ?? core.clock.now(),
  }
  if (spec?.shutdown === 'Terminate' || status?.startedAt) {
    core.parallelism.force(applicant)
    return true
  }
  return core.parallelism.ask(applicant)
}
