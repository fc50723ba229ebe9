import type { Session } from "@shopify/shopify-api";
import type { SessionStorage } from "@shopify/shopify-app-session-storage";

/** The library's sessions in a map. */
export class MemorySessionStorage implements SessionStorage {
  readonly stored = new Map<string, Session>();

  async storeSession(session: Session): Promise<boolean> {
    this.stored.set(session.id, session);
    return true;
  }

  async loadSession(id: string): Promise<Session | undefined> {
    return this.stored.get(id);
  }

  async deleteSession(id: string): Promise<boolean> {
    return this.stored.delete(id);
  }

  async deleteSessions(ids: string[]): Promise<boolean> {
    ids.forEach((id) => this.stored.delete(id));
    return true;
  }

  async findSessionsByShop(shop: string): Promise<Session[]> {
    return [...this.stored.values()].filter((session) => session.shop === shop);
  }
}
