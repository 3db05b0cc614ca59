/** Who belongs to whom: workflows that go when their owner goes. Kept as records, so that none has to be searched for. */
import type { Workflow } from '../resources/index.ts'
import type { Change, Store } from '../store/port.ts'
import type { ObjectTable } from './objects.ts'
import { objectKinds } from './objects.ts'
import type { ObjectKind } from './port.ts'

const collection = 'owned'

export type OwnedWorkflow = { readonly namespace: string; readonly name: string }

export class Owners {
  /** Owner's UID → child's UID → where it is. */
  readonly #children = new Map<string, Map<string, OwnedWorkflow>>()

  async load(store: Store): Promise<void> {
    for (const [key, value] of await store.records(collection)) {
      const [owner = '', child = ''] = key.split('/')
      this.#add(owner, child, value as OwnedWorkflow)
    }
  }

  /** Another controller has made or deleted a child. */
  heard(key: string, value: unknown): void {
    const [owner = '', child = ''] = key.split('/')
    if (value === null) this.#children.get(owner)?.delete(child)
    else this.#add(owner, child, value as OwnedWorkflow)
  }

  /** To be stored with a new workflow. */
  changesFor({ metadata }: Workflow): Change[] {
    const { uid: child = '', namespace = '', name = '', ownerReferences = [] } = metadata ?? {}
    return ownerReferences.map(({ uid: owner }) => {
      this.#add(owner, child, { namespace, name })
      return { kind: 'putRecord', collection, key: `${owner}/${child}`, value: { namespace, name } }
    })
  }

  /** To be stored with a workflow's deletion. */
  changesForDeletion({ metadata }: Workflow): Change[] {
    const { uid: child = '', ownerReferences = [] } = metadata ?? {}
    return ownerReferences.map(({ uid: owner }) => {
      this.#children.get(owner)?.delete(child)
      return { kind: 'putRecord', collection, key: `${owner}/${child}`, value: null }
    })
  }

  workflowsOf(owner: string): readonly OwnedWorkflow[] {
    return [...(this.#children.get(owner)?.values() ?? [])]
  }

  /** Objects of other kinds that name the owner. */
  objectsOf(
    owner: string,
    objects: ObjectTable,
  ): readonly { readonly kind: ObjectKind; readonly namespace: string; readonly name: string }[] {
    return objectKinds.flatMap((kind) =>
      objects
        .list(kind, '')
        .filter((object) => object.metadata?.ownerReferences?.some((reference) => reference.uid === owner) === true)
        .map((object) => ({ kind, namespace: object.metadata?.namespace ?? '', name: object.metadata?.name ?? '' })),
    )
  }

  #add(owner: string, child: string, where: OwnedWorkflow): void {
    const known = this.#children.get(owner)
    if (known === undefined) this.#children.set(owner, new Map([[child, where]]))
    else known.set(child, where)
  }
}
