import { data, type ActionFunctionArgs, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { LoginForm } from "../components/login-form.tsx";
import { OutsidePage } from "../components/outside-page.tsx";
import { polarisLinks } from "../components/polaris-styles.ts";
import { readTypedShop, startLogin, type LoginProblem } from "../auth/install/shop-login.server.ts";
import { requireParameters } from "../auth/token-error-response.server.ts";

export const meta: MetaFunction = () => [{ title: "Open the app" }];
export const links = polarisLinks;

export async function loader({ request }: LoaderFunctionArgs) {
  const shop = requireParameters(request).get("shop");
  return shop ? answer(await startLogin(shop)) : null;
}

export async function action({ request }: ActionFunctionArgs) {
  requireParameters(request);
  return answer(await startLogin(await readTypedShop(request)));
}

function answer(result: Response | LoginProblem) {
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
