import json
import sys
from pathlib import Path

from openapi_client import (
    ApiClient,
    ApiException,
    AuthApi,
    Configuration,
    Login,
    NewPost,
    PostsApi,
    ProfileUpdate,
    Registration,
    UsersApi,
)

base_url, username, password, path = sys.argv[1:]
picture = ("tea.jpg", Path(path).read_bytes())

auth = AuthApi(ApiClient(Configuration(host=base_url)))
auth.register(Registration(username=username, email=f"{username}@example.com", password=password))
session = auth.login(Login(username=username, password=password))
client = ApiClient(Configuration(host=base_url, access_token=session.access_token))
posts, users = PostsApi(client), UsersApi(client)

text = posts.create_post(NewPost(content="Hello", title=None))
pictured = posts.create_post_with_picture(image=picture, content="Look")
assert pictured.image is not None
page = posts.get_posts(author=username, limit=10)
refused = ""
try:
    posts.get_post(session.user.id)
except ApiException as error:
    refused = json.loads(error.body or "{}")["code"]

users.update_me_with_picture(avatar=picture)
kept = users.update_me(ProfileUpdate(bio="I count on engines."))
removed = users.update_me(ProfileUpdate(avatar=None))
outcome = {
    "signedIn": session.user.username,
    "text": text.content,
    "picture": [pictured.image.width, pictured.image.height],
    "listed": [post.content for post in page.items],
    "refused": refused,
    "keptAvatar": kept.avatar_url is not None,
    "removedAvatar": removed.avatar_url is None,
}
print(json.dumps(outcome))
