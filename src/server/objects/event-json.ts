/** Happenings as core/v1 Events. */
import type { FeedEvent } from '../../controller/port.ts'
import { rfc3339 } from '../../resources/index.ts'
import type { JsonObject } from '../http/body.ts'

export function eventJson(event: FeedEvent): JsonObject {
  const at = rfc3339(event.at)
  const { kind, name, uid } = event.involved
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: event.name,
      namespace: event.namespace,
      uid: event.uid,
      creationTimestamp: at,
      ...(event.annotations && { annotations: event.annotations }),
    },
    involvedObject: {
      kind,
      name,
      namespace: event.namespace,
      ...(uid !== undefined && { uid }),
      apiVersion: kind === 'Pod' ? 'v1' : 'argoproj.io/v1alpha1',
    },
    reason: event.reason,
    message: event.message,
    type: event.type,
    source: { component: 'workflow-controller' },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  }
}

/** The value of a key of a field selector over events. */
export function eventField(event: FeedEvent, field: string): string | undefined {
  switch (field) {
    case 'involvedObject.kind':
      return event.involved.kind
    case 'involvedObject.name':
      return event.involved.name
    case 'involvedObject.uid':
      return event.involved.uid
    case 'involvedObject.namespace':
    case 'metadata.namespace':
      return event.namespace
    case 'metadata.name':
      return event.name
    case 'type':
      return event.type
    case 'reason':
      return event.reason
    default:
      return undefined
  }
}
