"""Words for signing in, users and their rights."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "nav.users": ("用户", "Users"),
    "nav.audit": ("日志", "Log"),
    "fault.token": (
        "这个页面已经过期：登录状态变了。",
        "This page is out of date: the session has changed.",
    ),
    # signing in
    "signin.title": ("登录", "Sign in"),
    "signin.name": ("用户名", "User name"),
    "signin.password": ("密码", "Password"),
    "signin.enter": ("登录", "Sign in"),
    "signin.forgotten": (
        "忘记密码或账号锁定：请找管理员。",
        "Password forgotten or account locked: ask an administrator.",
    ),
    "signin.wrong": (
        "用户名或密码不对，或者账号不能使用。连续输错 {most} 次会锁定 {minutes} 分钟。",
        "The name or the password is wrong, or the account cannot be used. {most} wrong passwords in a row"
        " lock it for {minutes} minutes.",
    ),
    "signin.wait": (
        "这里输错太多次了，请过几分钟再试。",
        "Too many wrong passwords were tried from here. Wait a few minutes.",
    ),
    # the own account
    "account.title": ("我的账号", "My account"),
    "account.leave": ("退出", "Sign out"),
    "account.none": (
        "还没有账号。请在服务器上运行 huawu users add 建立第一个管理员。",
        "There are no accounts yet. Make the first administrator on the server with huawu users add.",
    ),
    "account.signed-out": ("请先登录。", "Sign in first."),
    "account.signed-out-form": (
        "登录已经结束。请在另一个标签页登录，再回到这里发送。",
        "The session has ended. Sign in in another tab, then come back and send this.",
    ),
    "account.once": (
        "这是一次性密码，请先换成自己的密码。",
        "This password can be used once. Choose your own first.",
    ),
    "account.saved": ("已保存。", "Saved."),
    "account.password": ("修改密码", "Change the password"),
    "account.password-old": ("现在的密码", "Present password"),
    "account.password-new": ("新密码", "New password"),
    "account.password-again": ("再输一遍新密码", "New password again"),
    "account.password-rules": (
        "至少 {least} 个字符；长比复杂重要，几个不相干的词就很好。修改后，其他地方的登录都会结束。",
        "At least {least} characters. Long is better than complicated: a few words that have nothing to do"
        " with each other will do. Sessions elsewhere end.",
    ),
    "account.password-save": ("修改", "Change"),
    "account.sessions": ("登录", "Sessions"),
    "account.sessions-rules": (
        "{idle} 分钟没有操作，或登录满 {longest} 小时，就要重新登录。",
        "A session ends after {idle} minutes without a request, and after {longest} hours in any case.",
    ),
    "account.sessions-end": ("在所有地方退出", "Sign out everywhere"),
    "account.fault.id": (
        "“{id}”不能作用户名：只用字母、数字、汉字和 . _ - @，以字母、数字或汉字开头，最多 64 个字符。",
        "“{id}” cannot be a user name: letters, digits, . _ - @ only, a letter or digit first, 64 at most.",
    ),
    "account.fault.taken": ("用户名 {id} 已经有了。", "There is an account {id} already."),
    "account.fault.none": ("没有用户 {id}。", "There is no account {id}."),
    "account.fault.changed": (
        "账号 {id} 刚刚被别人改过，还没有保存。上面是现在的内容，请核对后再保存。",
        "Somebody has just changed the account {id}; nothing was saved. Above is what it is now:"
        " look, and save again.",
    ),
    "account.fault.last-admin": (
        "{id} 是最后一个能用的管理员，不能停用或改为其他角色。",
        "{id} is the last administrator who can sign in: neither disable nor change the role.",
    ),
    "account.fault.role": ("没有角色“{role}”。", "There is no role “{role}”."),
    "account.fault.team": ("班组长要有班组。", "A team supervisor needs a team."),
    "account.fault.agent": ("坐席的账号要有坐席编号。", "An agent's account needs the agent's id."),
    "account.fault.no-agent": ("没有编号为 {id} 的坐席。", "There is no agent {id}."),
    "account.fault.long": (
        "姓名和班组最多 {most} 个字符。",
        "Names and teams have at most {most} characters.",
    ),
    "account.fault.password-short": (
        "密码至少要 {least} 个字符。",
        "A password has at least {least} characters.",
    ),
    "account.fault.password-long": ("密码最多 {most} 个字符。", "A password has at most {most} characters."),
    "account.fault.password-guessed": (
        "这个密码一猜就中：不要只用数字、用户名、常见单词或重复的字符。",
        "That password is guessed at once: not only digits, the user name, a usual word or"
        " repeated characters.",
    ),
    "account.fault.password-again": ("两次输入的新密码不一样。", "The two new passwords differ."),
    "account.fault.password-same": ("新密码和现在的一样。", "The new password is the present one."),
    "account.fault.password-old": (
        "现在的密码不对，或者账号已锁定。",
        "The present password is wrong, or the account is locked.",
    ),
    # accounts, for administrators
    "users.title": ("用户", "Users"),
    "users.total": ("共 {total} 个账号", "{total} accounts"),
    "users.nobody": (
        "还没有账号：现在谁坐在这台机器前，谁就是管理员。请在服务器上运行 huawu users add，先建一个管理员。",
        "There are no accounts: whoever sits at this machine may do everything. Make an administrator first,"
        " on the server, with huawu users add.",
    ),
    "users.add": ("新建账号", "New account"),
    "users.make": ("建立", "Make it"),
    "users.make-rules": (
        "建立后显示一次性密码，请当面或用别的途径交给本人。",
        "A password that can be used once is shown then: hand it over in person or by another way.",
    ),
    "user.id": ("用户名", "User name"),
    "user.name": ("姓名", "Name"),
    "user.role": ("角色", "Role"),
    "user.team": ("班组", "Team"),
    "user.agent": ("坐席编号", "Agent's id"),
    "user.scope": ("范围", "Scope"),
    "user.scope-rules": (
        "班组长只看本班组坐席的通话，坐席只看自己的通话；其他角色不需要填这两项。",
        "A team supervisor sees the calls of the team's agents, an agent the own calls. Other roles need"
        " neither.",
    ),
    "user.state": ("状态", "State"),
    "user.state.active": ("正常", "active"),
    "user.state.disabled": ("停用", "disabled"),
    "user.state.locked": ("锁定", "locked"),
    "user.state.once": ("待改密码", "has to choose a password"),
    "user.until": ("至 {time}", "until {time}"),
    "user.failures": ("连续输错", "Wrong passwords"),
    "user.made": ("建立时间", "Made"),
    "user.made-password": (
        "{id} 的一次性密码，只显示这一次，{days} 天内有效：",
        "The password of {id}, shown only now, valid for {days} days, to be changed at once:",
    ),
    "user.particulars": ("资料与角色", "Particulars and role"),
    "user.save": ("保存", "Save"),
    "user.access": ("登录", "Access"),
    "user.enable": ("启用", "Enable"),
    "user.disable": ("停用", "Disable"),
    "user.unlock": ("解锁", "Unlock"),
    "user.sessions": ("结束所有登录", "End all sessions"),
    "user.reset": ("重置密码", "Reset the password"),
    "user.reset-rules": (
        "重置会给出一次性密码（{days} 天内有效），并结束所有登录。停用的账号保留全部记录。",
        "Resetting gives a password that can be used once, within {days} days, and ends all sessions. A"
        " disabled account keeps its records.",
    ),
    "user-role.admin": ("管理员", "administrator"),
    "user-role.qa-supervisor": ("质检主管", "QA supervisor"),
    "user-role.inspector": ("质检员", "inspector"),
    "user-role.team-supervisor": ("班组长", "team supervisor"),
    "user-role.agent": ("坐席", "agent"),
    "user-role.read-only": ("只读", "read only"),
    # the audit log
    "audit.title": ("操作日志", "Audit log"),
    "audit.total": ("共 {total} 条", "{total} entries"),
    "audit.export": ("导出 CSV", "Export CSV"),
    "audit.nothing": ("没有符合条件的记录。", "No entry matches."),
    "audit.at": ("时间", "Time"),
    "audit.user": ("用户", "User"),
    "audit.action": ("操作", "Action"),
    "audit.subject": ("对象", "Subject"),
    "audit.call": ("通话", "Call"),
    "audit.data": ("说明", "Details"),
    "audit.first": ("从", "From"),
    "audit.last": ("到", "To"),
    "audit.fault.day": (
        "“{first}”到“{last}”不是日期，应如 2026-03-02。",
        "“{first}” to “{last}” are no days; write 2026-03-02.",
    ),
    "audit.session.in": ("登录", "signed in"),
    "audit.session.out": ("退出", "signed out"),
    "audit.session.fail": ("登录失败", "sign-in failed"),
    "audit.session.lock": ("账号锁定", "account locked"),
    "audit.session.end-all": ("结束所有登录", "ended all sessions"),
    "audit.password.confirm": ("确认密码", "confirmed the password"),
    "audit.password.change": ("修改密码", "changed the password"),
    "audit.user.add": ("新建用户", "made an account"),
    "audit.user.change": ("修改用户", "changed an account"),
    "audit.user.disable": ("停用用户", "disabled an account"),
    "audit.user.enable": ("启用用户", "enabled an account"),
    "audit.user.unlock": ("解锁用户", "unlocked an account"),
    "audit.user.reset": ("重置密码", "reset a password"),
    "audit.user.restore": ("恢复最后的管理员", "restored the last administrator"),
    "audit.call.view": ("查看通话", "viewed a call"),
    "audit.recording.play": ("播放录音", "played a recording"),
    "audit.audit.export": ("导出日志", "exported the log"),
}
