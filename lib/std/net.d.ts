/** A TCP port of 0.0.0.0 that nobody listens on. */
export function getAvailablePort(): number;
