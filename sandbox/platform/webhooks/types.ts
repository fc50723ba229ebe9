export interface WebhookOptions {
  /** Deliver this often at once: Shopify promises "at least once". Default 1. */
  copies?: number;
  /** A signature that does not fit the body. */
  badSignature?: boolean;
  /** Use this client secret for the signature. */
  secret?: string;
  /** Path or URL instead of the subscription's. */
  uri?: string;
  webhookId?: string;
  eventId?: string;
  apiVersion?: string;
  triggeredAt?: string;
  /** Retry as Shopify does when it fails. Default true for webhooks that the simulator sends by itself. */
  retry?: boolean;
  /** Simulated ms until the first attempt. */
  delayMs?: number;
}

export interface WebhookDelivery {
  id: string;
  shop: string;
  topic: string;
  state: "held" | "scheduled" | "delivered" | "failed";
  attempts: { at: string; status?: number; error?: string }[];
  nextAttemptAt?: string;
}
