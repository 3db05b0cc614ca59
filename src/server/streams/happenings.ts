/** `stream/events`: recent Kubernetes-like events, then those that come. */
import type { Controller, FeedEvent } from '../../controller/port.ts'
import { matchesFields } from '../../expressions/selectors/fields.ts'
import type { FieldSelector } from '../../expressions/selectors/fields.ts'
import { eventField, eventJson } from '../objects/event-json.ts'
import type { EventStream } from './event-stream.ts'

/** A client that takes nothing while this many come is cut off; it reconnects and gets the recent ones again. */
const backlogMax = 5_000

export function streamHappenings(
  stream: EventStream,
  controller: Controller,
  { namespace, fields }: { readonly namespace: string; readonly fields: FieldSelector },
): void {
  const isWanted = (event: FeedEvent) =>
    (namespace === '' || event.namespace === namespace) && matchesFields(fields, (field) => eventField(event, field))
  let behind = 0
  const send = (event: FeedEvent) => {
    if (!isWanted(event)) return
    if (stream.send(JSON.stringify(eventJson(event)))) behind = 0
    else if ((behind += 1) > backlogMax) stream.end()
  }
  stream.open()
  for (const event of controller.events(namespace)) send(event)
  const subscription = controller.watchEvents(send)
  stream.signal.addEventListener('abort', () => subscription.close(), { once: true })
  if (stream.isEnded) subscription.close()
}
