/** What a node is made of. */
import type { NodePhase, NodeStatus, NodeType, TemplateRef } from '../resources/index.ts'

export type NewNode = {
  readonly name: string
  readonly type: NodeType
  readonly phase: NodePhase
  readonly boundary: NodeStatus | null
  readonly scope: string
  readonly template?: string | undefined
  readonly templateRef?: TemplateRef | undefined
  readonly message?: string
  readonly hooked?: boolean
  readonly retried?: boolean
  /** Only as many of Argo's fields as differ from these rules. */
  readonly more?: Partial<NodeStatus>
}

/** Shared by all nodes; whoever changes one puts a copy in its place. */
const noFlag = Object.freeze({})
const hookedFlag = Object.freeze({ hooked: true })

export const flagOf = ({ hooked, retried }: NewNode): NonNullable<NodeStatus['nodeFlag']> =>
  retried ? { ...(hooked ? hookedFlag : noFlag), retried: true } : hooked ? hookedFlag : noFlag
