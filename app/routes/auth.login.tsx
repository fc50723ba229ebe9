import { data, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { startLogin, type LoginProblem } from "../auth/install/shop-login.server.ts";
import { leaveFrame, requireParameters, toResponse } from "../auth/token-error-response.server.ts";
import { useTranslation } from "react-i18next";
import { LoginForm } from "../components/pages/login-form.tsx";
import { OutsidePage } from "../components/pages/outside-page.tsx";
import { polarisLinks } from "../components/pages/polaris-styles.ts";
import { pageTitle } from "../components/language/page-title.ts";

export const meta = pageTitle((messages) => messages.outside.openTitle);

export const links = polarisLinks;

export async function loader({ request }: LoaderFunctionArgs) {
  const shop = requireParameters(request).get("shop");
  leaveFrame(request);
  return shop ? answer(request, shop) : null;
}

export async function action({ request }: ActionFunctionArgs) {
  requireParameters(request);
  const shop = (await request.formData()).get("shop");
  return answer(request, typeof shop === "string" ? shop : "");
}

/** @throws Response to where the shop is, or 503 while the database is away. */
async function answer(request: Request, shop: string) {
  const result = await startLogin(shop).catch(async (error: unknown): Promise<LoginProblem> => {
    throw await toResponse(error, request, undefined);
  });
  if (result instanceof Response) throw result;
  return data(result, { status: 422 });
}

export default function Login() {
  const { t } = useTranslation();
  const loaded = useLoaderData<typeof loader>();
  const submitted = useActionData<typeof action>();
  return (
    <OutsidePage title={t("outside.openTitle")}>
      <LoginForm {...(submitted ?? loaded)} />
    </OutsidePage>
  );
}
