import { data, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { LoginForm } from "../components/login-form.tsx";
import { OutsidePage } from "../components/outside-page.tsx";
import { polarisLinks } from "../components/polaris-styles.ts";
import { startLogin } from "../auth/shop-login.server.ts";

export const meta: MetaFunction = () => [{ title: "Open the app" }];
export const links = polarisLinks;

export async function loader({ request }: LoaderFunctionArgs) {
  const shop = new URL(request.url).searchParams.get("shop");
  return shop ? answer(await startLogin(shop)) : null;
}

export async function action({ request }: ActionFunctionArgs) {
  const shop = (await request.formData()).get("shop");
  return answer(await startLogin(typeof shop === "string" ? shop : ""));
}

function answer(result: Awaited<ReturnType<typeof startLogin>>) {
  if (result instanceof Response) throw result;
  return data(result, { status: 422 });
}

export default function Login() {
  const loaded = useLoaderData<typeof loader>();
  const submitted = useActionData<typeof action>();
  return (
    <OutsidePage title="Open the app in your store">
      <LoginForm {...(submitted ?? loaded)} />
    </OutsidePage>
  );
}
