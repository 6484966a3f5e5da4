/** The variables of the access that GitHub's workflows have. */
import type { IResolvable } from "cdktf";
import type { VariableDefinitions } from "./definitions.ts";

export interface GithubVariables {
  /** `owner/name`; "" for no roles. */
  repository: string;
  hasRepository: IResolvable;
  createsProvider: IResolvable;
  ciUser: IResolvable;
  scheduledDeactivation: IResolvable;
}

export function githubVariables(define: VariableDefinitions): GithubVariables {
  return {
    repository: define.text(
      "github_repository",
      "",
      "GitHub repository, as owner/name, whose workflows get roles. Empty: no roles.",
      [
        'var.github_repository == "" || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))',
        "github_repository must be a repository such as owner/name.",
      ],
    ),
    hasRepository: define.isSet("github_repository"),
    createsProvider: define.flag(
      "github_oidc_provider_created",
      true,
      "False: the account already has GitHub's OIDC provider, of which AWS accepts only one.",
    ),
    scheduledDeactivation: define.flag(
      "github_scheduled_deactivation",
      false,
      "True: GitHub's environment dev-scheduled, which has no reviewers, may deactivate. Create it for the default branch only, before you set this.",
    ),
    ciUser: define.flag(
      "ci_user_enabled",
      false,
      "True: an IAM user with which CI deploys images with access keys. Prefer github_repository, which needs no keys.",
    ),
  };
}
