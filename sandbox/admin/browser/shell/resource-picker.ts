import { askWithDialog, make } from "./dialog.ts";
import { askServer, onAppMessage } from "./frame.ts";

interface Resource {
  id: string;
  title: string;
  detail?: string;
}

interface PickerOptions {
  type: "product" | "variant" | "collection";
  action?: "add" | "select";
  multiple?: boolean | number;
  query?: string;
  selectionIds?: { id: string }[];
}

/** `shopify.resourcePicker`: the simulator's few products, variants or collections, with a search. */
export function followResourcePicker(): void {
  onAppMessage<PickerOptions>("resource-picker", async (options) => {
    const { resources } = await askServer<{ resources: Resource[] }>(
      `resources?type=${encodeURIComponent(options.type)}`,
    );
    const chosen = new Set(options.selectionIds?.map(({ id }) => id));
    const search = make("input", {
      type: "search",
      className: "input",
      placeholder: "Search",
      value: options.query ?? "",
    });
    search.setAttribute("aria-label", "Search");
    const list = make("ul", { className: "picker-list" });
    const several = options.multiple === true || typeof options.multiple === "number";
    const rows = resources.map((resource) => {
      const input = make("input", {
        type: several ? "checkbox" : "radio",
        name: "resource",
        checked: chosen.has(resource.id),
      });
      input.addEventListener("change", () => {
        if (!several) chosen.clear();
        if (input.checked) chosen.add(resource.id);
        else chosen.delete(resource.id);
      });
      const label = make("label", {}, input, make("span", { textContent: resource.title }));
      if (resource.detail) label.append(make("small", { textContent: resource.detail }));
      return { row: make("li", {}, label), text: resource.title.toLowerCase() };
    });
    const filter = () =>
      list.replaceChildren(
        ...rows.filter(({ text }) => text.includes(search.value.toLowerCase())).map(({ row }) => row),
      );
    search.addEventListener("input", filter);
    filter();
    const answer = await askWithDialog(
      `${options.action === "select" ? "Select" : "Add"} ${options.type}s`,
      [search, list],
      [
        { label: "Cancel", value: "cancel" },
        { label: options.action === "select" ? "Select" : "Add", value: "choose", kind: "primary" },
      ],
    );
    return answer === "choose" ? resources.filter(({ id }) => chosen.has(id)) : undefined;
  });
}
