/**
 * What to put on the span of an attempt, under the names of OpenTelemetry's semantic conventions for HTTP clients
 * (1.27); what they have no name for begins with `headroom.`.
 */
export function attributesOf({ tag, val }, attempt, limit) {
  const attributes = tag === 'rest' ? { 'http.request.method': val.method, 'headroom.tenant': val.tenant } : {};
  if (tag === 'invoke') attributes['faas.invoked_name'] = val.functionKey;
  // By the conventions it is left out of a request that was sent for the first time.
  if (attempt > 1) attributes['http.request.resend_count'] = attempt - 1;
  if (limit) {
    attributes['headroom.limit.kind'] = limit.kind.tag;
    attributes['headroom.limit.scope'] = limit.scope.tag;
  }
  return attributes;
}
