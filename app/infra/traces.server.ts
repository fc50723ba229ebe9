import type { Span } from "@opentelemetry/api";

/** Spans of calls to Shopify's token endpoint, sent by OTLP. */
export interface Traces {
  /** Begins a span; what it returns ends it. */
  startTokenCall(call: {
    grant: string;
    shop: string;
  }): (outcome: { result: string; reason: string | undefined }) => void;
  /** Sends what is left, within the exporter's own time limit. */
  close(): Promise<void>;
}

/**
 * Opens traces when `OTEL_EXPORTER_OTLP_ENDPOINT` (or its form for traces) is set; else nothing is loaded. The SDK reads the other
 * `OTEL_…` variables itself.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export async function openTraces(source: Record<string, string | undefined>): Promise<Traces | undefined> {
  if (!source.OTEL_EXPORTER_OTLP_ENDPOINT && !source.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return undefined;
  const [{ SpanKind, SpanStatusCode }, { OTLPTraceExporter }, resources, { BatchSpanProcessor, TracerProvider }] =
    await Promise.all([
      import("@opentelemetry/api"),
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("@opentelemetry/resources"),
      import("@opentelemetry/sdk-trace"),
    ]);
  const named = resources.detectResources({ detectors: [resources.envDetector] });
  const provider = new TracerProvider({
    resource: resources.resourceFromAttributes({ "service.name": "expand-contract" }).merge(named),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  // Not made the global one: libraries that trace by themselves would send spans of their own.
  const tracer = provider.getTracer("expand-contract");
  return {
    startTokenCall({ grant, shop }) {
      const span: Span = tracer.startSpan("POST /admin/oauth/access_token", {
        kind: SpanKind.CLIENT,
        attributes: { "shopify.grant": grant, "server.address": shop },
      });
      return ({ result, reason }) => {
        span.setAttribute("shopify.outcome", result);
        if (reason !== undefined) span.setAttribute("shopify.reason", reason);
        if (result !== "ok") span.setStatus({ code: SpanStatusCode.ERROR, message: reason ?? result });
        span.end();
      };
    },
    close: () => provider.shutdown(),
  };
}
