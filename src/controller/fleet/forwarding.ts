/** Operations on workflows of other members: sent to the owner, who answers as it would answer its own users. */
import type { Operation, Preview } from '../../engine/index.ts'
import type { Clock, WorkflowUid } from '../../resources/index.ts'
import { WorldError } from '../../resources/index.ts'
import type { Command, Fleet } from '../../store/fleet.ts'
import { editBetween } from '../api/edit.ts'
import { existingWorkflow, readWorkflow, resolvedName } from '../api/read.ts'
import type { Core } from '../core.ts'
import type { ApiErrorCode, Controller, DeleteOptions, Explanation } from '../port.ts'
import { ApiError } from '../port.ts'
import type { Adoption } from './adoption.ts'
import { MovedError } from './adoption.ts'
import type { Membership } from './membership.ts'

type Request = { readonly namespace: string; readonly name: string } & (
  | { readonly verb: 'operate'; readonly operation: Operation }
  | { readonly verb: 'delete'; readonly options?: DeleteOptions }
  | { readonly verb: 'preview'; readonly operation: Operation }
  | { readonly verb: 'explain'; readonly node?: string }
)
type Answer =
  | { readonly ok: true; readonly value?: unknown }
  | { readonly moved: true }
  | { readonly error: { readonly code: ApiErrorCode; readonly message: string } }

export type ForwardingParts = {
  readonly core: () => Core
  readonly fleet: Pick<Fleet, 'name' | 'commands'>
  readonly clock: Clock
  readonly membership: Membership
  readonly adoption: Adoption
  readonly onForwarded: () => void
}

/** Time for a take-over to happen and an owner to answer. */
const patienceMs = 20_000
const answerMs = 10_000
const lookAgainMs = 150
const handledKept = 1_000

/** What a controller does itself, with the operations on others' workflows sent on. */
export type Local = Pick<Controller, 'operate' | 'deleteWorkflow' | 'preview' | 'explain' | 'editWorkflow'>

export class Forwarding {
  readonly #parts: ForwardingParts
  #local: Local | null = null
  /** Commands are told at least once; each is carried out once. */
  readonly #handled = new Set<string>()

  constructor(parts: ForwardingParts) {
    this.#parts = parts
  }

  /** The methods as users of this member see them. */
  over(local: Local): Local {
    this.#local = local
    return {
      operate: (namespace, name, operation) =>
        this.#either(namespace, name, {
          here: (own) => local.operate(namespace, own, operation),
          there: async (uid, own) => {
            await this.#send(uid, { verb: 'operate', namespace, name: own, operation })
            return existingWorkflow(this.#parts.core(), namespace, own)
          },
        }),
      deleteWorkflow: (namespace, name, options) =>
        this.#either(namespace, name, {
          here: (own) => local.deleteWorkflow(namespace, own, options),
          there: async (uid, own) => {
            await this.#send(uid, {
              verb: 'delete',
              namespace,
              name: own,
              ...(options === undefined ? {} : { options }),
            })
          },
        }),
      preview: (namespace, name, operation) =>
        this.#either(namespace, name, {
          here: (own) => local.preview(namespace, own, operation),
          there: async (uid, own) =>
            (await this.#send(uid, { verb: 'preview', namespace, name: own, operation })) as Preview,
        }),
      explain: (namespace, name, node) =>
        this.#either(namespace, name, {
          here: (own) => local.explain(namespace, own, node),
          there: async (uid, own) => {
            const asked = { verb: 'explain' as const, namespace, name: own, ...(node === undefined ? {} : { node }) }
            return (await this.#send(uid, asked)) as Explanation
          },
          // What is stored tells something while nobody has it.
          nobody: (own, why) => this.#explainOrphan(local, { namespace, name: own, node }, why),
        }),
      editWorkflow: (namespace, name, change) =>
        this.#either(namespace, name, {
          here: (own) => local.editWorkflow(namespace, own, change),
          there: async (uid, own) => {
            const core = this.#parts.core()
            const current = await existingWorkflow(core, namespace, own, { nodes: false })
            const operation = editBetween(current, change(current))
            if (operation !== null) await this.#send(uid, { verb: 'operate', namespace, name: own, operation })
            return (await readWorkflow(core, namespace, own)) ?? current
          },
        }),
    }
  }

  /** Commands of others to us. */
  heard(commands: readonly Command[]): void {
    for (const command of commands) {
      if (this.#handled.has(command.id)) continue
      this.#handled.add(command.id)
      if (this.#handled.size > handledKept) {
        const [oldest] = this.#handled
        if (oldest !== undefined) this.#handled.delete(oldest)
      }
      void this.#handle(command)
    }
  }

  /** Who has the workflow, where that is another member that lives. */
  async elsewhere(
    namespace: string,
    name: string,
  ): Promise<{ readonly owner: string; readonly url: string | null } | null> {
    const core = this.#parts.core()
    if (core.runs.byName(namespace, name) !== undefined) return null
    const row = await core.store.workflow(namespace, name)
    if (row?.owner === undefined || row.owner === this.#parts.fleet.name) return null
    const member = this.#parts.membership.find(row.owner)
    if (member === undefined || !member.isLive) return row.finished ? null : { owner: row.owner, url: null }
    return { owner: member.name, url: member.url }
  }

  async #handle({ id, workflowUid, request }: Command): Promise<void> {
    const { fleet, core } = this.#parts
    const answer = await this.#answerTo(workflowUid, request as Request)
    try {
      await fleet.commands.answer(id, answer)
    } catch (error) {
      core().log.warn({ command: id, error: String(error) }, 'a command was carried out but could not be answered')
    }
  }

  async #answerTo(uid: WorkflowUid, request: Request): Promise<Answer> {
    try {
      if (!(await this.#isHere(uid))) return { moved: true }
      return { ok: true, value: await this.#carryOut(request) }
    } catch (error) {
      if (error instanceof MovedError) return { moved: true }
      if (error instanceof ApiError) return { error: { code: error.code, message: error.message } }
      return { error: { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) } }
    }
  }

  async #carryOut(request: Request): Promise<unknown> {
    const local = this.#local
    if (local === null) throw new ApiError('UNAVAILABLE', 'the controller is starting')
    const { namespace, name } = request
    switch (request.verb) {
      case 'operate':
        await local.operate(namespace, name, request.operation)
        return null
      case 'delete':
        await local.deleteWorkflow(namespace, name, request.options)
        return null
      case 'preview':
        return local.preview(namespace, name, request.operation)
      case 'explain':
        return local.explain(namespace, name, request.node)
    }
  }

  /** In memory, or ours and to be read from the store. */
  async #isHere(uid: WorkflowUid): Promise<boolean> {
    const core = this.#parts.core()
    if (core.runs.byUid(uid) !== undefined) return true
    const row = await core.store.workflowByUid(uid)
    if (row === null || row.owner !== this.#parts.fleet.name) return false
    if (row.finished) return true
    await this.#parts.adoption.adopt([uid])
    return core.runs.byUid(uid) !== undefined
  }

  async #either<T>(
    namespace: string,
    name: string,
    ways: {
      readonly here: (name: string) => Promise<T>
      readonly there: (uid: WorkflowUid, name: string) => Promise<T>
      readonly nobody?: (name: string, why: string) => Promise<T>
    },
  ): Promise<T> {
    const core = this.#parts.core()
    const own = await resolvedName(core, namespace, name)
    const { clock } = this.#parts
    const until = clock.now() + patienceMs
    for (;;) {
      const place = await this.#placeOf(namespace, own)
      try {
        if (place.kind === 'here') return await ways.here(own)
        if (place.kind === 'there') return await ways.there(place.uid, own)
      } catch (error) {
        if (!(error instanceof MovedError) || clock.now() >= until) throw error
      }
      if (place.kind === 'nobody') {
        if (ways.nobody !== undefined) return ways.nobody(own, place.why)
        if (clock.now() >= until) throw new ApiError('UNAVAILABLE', place.why)
      }
      await clock.sleep(lookAgainMs)
    }
  }

  async #placeOf(namespace: string, name: string): Promise<Place> {
    const core = this.#parts.core()
    const { fleet, membership, adoption } = this.#parts
    if (core.runs.byName(namespace, name) !== undefined) return { kind: 'here' }
    const row = await core.store.workflow(namespace, name)
    const owner = row?.owner ?? fleet.name
    if (row === null) return { kind: 'here' }
    if (owner === fleet.name) {
      if (!row.finished) await adoption.adopt([row.uid])
      return { kind: 'here' }
    }
    const member = membership.find(owner)
    if (member?.isLive === true) return { kind: 'there', uid: row.uid }
    if (row.finished) return { kind: 'here' }
    return { kind: 'nobody', why: orphanText(name, owner) }
  }

  async #send(uid: WorkflowUid, request: Request): Promise<unknown> {
    const { fleet, onForwarded } = this.#parts
    onForwarded()
    let answer: Answer
    try {
      answer = (await fleet.commands.send(uid, request, answerMs)) as Answer
    } catch (error) {
      if (!(error instanceof WorldError)) throw error
      // Its owner may have gone while we waited: whoever has it now is asked.
      if (error.code === 'FLEET_UNANSWERED' && (await this.#hasLostOwner(uid))) throw new MovedError(request.name)
      throw new ApiError(
        'UNAVAILABLE',
        `the controller that has workflow ${request.name} did not answer: ${error.message}`,
      )
    }
    if ('moved' in answer) throw new MovedError(request.name)
    if ('error' in answer) throw new ApiError(answer.error.code, answer.error.message)
    return answer.value
  }

  async #hasLostOwner(uid: WorkflowUid): Promise<boolean> {
    const { core, membership } = this.#parts
    await membership.refresh()
    const row = await core().store.workflowByUid(uid)
    const member = row?.owner === undefined ? undefined : membership.find(row.owner)
    return row !== null && member?.isLive !== true
  }

  async #explainOrphan(
    local: Local,
    { namespace, name, node }: { readonly namespace: string; readonly name: string; readonly node: string | undefined },
    why: string,
  ): Promise<Explanation> {
    const known = await local.explain(namespace, name, node)
    const waits: Explanation['waits'] = [{ kind: 'engine', text: why }, ...known.waits]
    return { ...known, sentences: [why, ...known.sentences], waits }
  }
}

type Place =
  | { readonly kind: 'here' }
  | { readonly kind: 'there'; readonly uid: WorkflowUid }
  | { readonly kind: 'nobody'; readonly why: string }

const orphanText = (name: string, owner: string): string =>
  `Workflow ${name} belongs to controller ${owner}, which is gone, and no other controller that reaches its container engine has taken it over yet.`
