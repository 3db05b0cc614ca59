/** Ends a pod before its containers have run. */
export class Refused extends Error {
  override readonly name = 'Refused'
}
