/** What an execution (or one attempt of it) does, by type of template. */
import { ContainerSetBody } from './container-set.ts'
import { DagBody } from './dag.ts'
import type { Body, BodyInit } from './body.ts'
import { DataBody, HttpBody, PluginBody, ResourceBody } from './task-bodies.ts'
import type { Execution } from './execution.ts'
import type { Frame } from './frame.ts'
import type { Processed } from './inputs.ts'
import { PodBody } from './pod.ts'
import { StepsBody } from './steps.ts'
import { SuspendBody } from './suspend.ts'
import { typeOf } from './template-type.ts'

export type { Body } from './body.ts'

/** @param attempt its index where the template is retried, else null */
export function createBody(
  execution: Execution,
  nodeName: string,
  processed: Processed,
  parent: Frame,
  attempt: { readonly index: number; readonly deadline: number | null } | null = null,
): Body {
  const init: BodyInit = { execution, nodeName, processed, parent, attempt }
  const type = typeOf(processed.template)
  switch (type) {
    case 'container':
    case 'script':
      return new PodBody(init)
    case 'containerSet':
      return new ContainerSetBody(init)
    case 'steps':
      return new StepsBody(init)
    case 'dag':
      return new DagBody(init)
    case 'suspend':
      return new SuspendBody(init)
    case 'http':
      return new HttpBody(init)
    case 'plugin':
      return new PluginBody(init)
    case 'resource':
      return new ResourceBody(init)
    case 'data':
      return new DataBody(init)
    case null:
      throw new Error(`template of ${nodeName} has no type`)
  }
}
